import { array, assert, integer, nat, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { SequenceRanges } from './sequence-ranges.ts';

const batch = record({ first: nat(60), count: integer({ min: 1, max: 12 }) });

test('tells exactly what is missing, like a set of numbers would', () => {
  assert(
    property(array(batch, { maxLength: 20 }), (batches) => {
      const ranges = new SequenceRanges();
      const held = new Set<number>();
      for (const { first, count } of batches) {
        const numbers = Array.from({ length: count }, (_, at) => first + at);
        const missing = ranges
          .missing(first, count)
          .flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at));
        expect(missing).toEqual(numbers.filter((number) => !held.has(number)));
        ranges.add(first, count, Infinity);
        for (const number of numbers) held.add(number);
      }
    }),
  );
});

test('forgets the oldest hole past the bound, and then takes it as held', () => {
  const ranges = new SequenceRanges();
  for (const first of [2, 4, 6]) ranges.add(first, 1, 2);
  expect(ranges.holes).toEqual([
    { from: 3, to: 4 },
    { from: 5, to: 6 },
  ]);
  expect(ranges.missing(0, 2)).toEqual([]);
});
