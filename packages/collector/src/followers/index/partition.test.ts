import { expect, test } from 'vitest';
import { planMerge } from './merge-plan.ts';
import { contiguousChain, parsePartitionName, partitionName } from './partition.ts';

function range(from: number, to: number) {
  return { first: { block: from, position: 0 }, next: { block: to, position: 0 } };
}

test('a name tells its range and no other text does', () => {
  const name = partitionName({ first: { block: 3, position: 17 }, next: { block: 40, position: 8192 } });
  expect(name).toBe('000000000003.000017-000000000040.008192.parquet');
  expect(parsePartitionName(name)).toEqual({ first: { block: 3, position: 17 }, next: { block: 40, position: 8192 } });
  expect(parsePartitionName(`${name}.tmp`)).toBeUndefined();
  expect(parsePartitionName(partitionName(range(4, 4)))).toBeUndefined();
});

test('after a crash the chain holds each record once', () => {
  const merged = range(0, 3);
  const parts = [range(0, 1), range(1, 2), range(2, 3)];
  expect(contiguousChain([...parts, merged, range(3, 4)])).toEqual({ chain: [merged, range(3, 4)], rest: parts });
  expect(contiguousChain([range(0, 1), range(2, 3)])).toEqual({ chain: [range(0, 1)], rest: [range(2, 3)] });
  expect(contiguousChain([range(1, 2)]).chain).toEqual([]);
});

test('eight neighbours of a size are merged, up to a bound', () => {
  const files = (count: number, records: number) => Array.from({ length: count }, () => ({ records }));
  expect(planMerge(files(7, 1000))).toBeUndefined();
  expect(planMerge(files(9, 1000))).toEqual({ from: 0, to: 9 });
  expect(planMerge([{ records: 1_000_000 }, ...files(8, 10)])).toEqual({ from: 1, to: 9 });
  expect(planMerge(files(40, 1_500_000))).toBeUndefined();
});
