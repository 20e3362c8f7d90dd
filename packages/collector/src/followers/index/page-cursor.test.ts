import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPageCursor, parsePageCursor } from './page-cursor.ts';

test('a cursor gives its key back, for its own order alone, and nothing else is taken', () => {
  const key = fc.record({ micros: fc.nat(), block: fc.maxSafeNat(), position: fc.nat(8191) });
  fc.assert(
    fc.property(
      key,
      fc.constantFrom('asc' as const, 'desc' as const),
      fc.nat(200),
      fc.constantFrom('a', 'Z', '0', '-', '_', '='),
      (wanted, order, at, char) => {
        const text = formatPageCursor(wanted, order);
        expect(parsePageCursor(text, order)).toEqual(wanted);
        expect(parsePageCursor(text, order === 'asc' ? 'desc' : 'asc')).toBeUndefined();
        const changed = text.slice(0, at % text.length) + char + text.slice((at % text.length) + 1);
        const taken = parsePageCursor(changed, order);
        if (taken !== undefined) expect(formatPageCursor(taken, order)).toBe(changed);
      },
    ),
  );
  expect(parsePageCursor('', 'asc')).toBeUndefined();
});
