import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { niceIntervalMs } from './intervals.ts';

test('the interval is round and keeps to the number of buckets', () => {
  expect(niceIntervalMs(0, 60)).toBe(1000);
  expect(niceIntervalMs(3_600_000, 60)).toBe(120_000);
  expect(niceIntervalMs(86_400_000, 50)).toBe(1_800_000);
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 7e12 }),
      fc.integer({ min: 1, max: 86_400_000 }),
      fc.integer({ min: 2, max: 1000 }),
      (start, range, buckets) => {
        const interval = niceIntervalMs(range, buckets);
        const shown = Math.floor((start + range) / interval) - Math.floor(start / interval) + 1;
        expect(shown).toBeLessThanOrEqual(buckets + 1);
      },
    ),
  );
});
