import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { rowWindow, scrollToRow } from './row-window.ts';

const place = fc.record({
  count: fc.nat(5_000),
  height: fc.integer({ min: 1, max: 2_000 }),
  row: fc.constantFrom(28, 58),
  scroll: fc.nat(200_000),
});

describe('the rows drawn', () => {
  test('cover what is in sight and stay few', () => {
    fc.assert(
      fc.property(place, ({ count, height, row, scroll }) => {
        const top = Math.min(scroll, Math.max(0, count * row - height));
        const { first, end } = rowWindow(top, height, row, count);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(first * row).toBeLessThanOrEqual(top);
        expect(end * row).toBeGreaterThanOrEqual(Math.min(count * row, top + height));
        expect(end - first).toBeLessThanOrEqual(Math.ceil(height / row) + 40);
      }),
    );
  });

  test('scrolling goes no further than need be', () => {
    const view = { top: 280, height: 308 };
    expect(scrollToRow(12, 28, 28, view)).toBe(280);
    expect(scrollToRow(3, 28, 28, view)).toBe(84);
    expect(scrollToRow(20, 28, 28, view)).toBe(308);
  });
});
