import type { DuckDBConnection } from '@duckdb/node-api';
import { pathLiteral, readRows } from './database.ts';
import type { Partition } from './partition.ts';
import type { BlockRange } from './record-index.ts';

/** Whether a file may hold records of a range of blocks. */
export function reaches({ first, next }: Partition, range: BlockRange): boolean {
  return range.first <= next.block && range.last >= first.block;
}

/** The condition that a row is of one of the ranges. Class names need no escapes: letters, digits and hyphens. */
export function inRanges(ranges: readonly BlockRange[]): string {
  const tests = ranges.map(
    ({ class: name, first, last }) => `("class" = '${name}' AND "block" BETWEEN ${first} AND ${last})`,
  );
  return tests.join(' OR ');
}

/** How many rows of a file are of one of the ranges. */
export async function countIn(
  connection: DuckDBConnection,
  { path }: Partition,
  ranges: readonly BlockRange[],
): Promise<number> {
  if (ranges.length === 0) return 0;
  const sql = `SELECT count(*) FROM read_parquet(${pathLiteral(path)}) WHERE ${inRanges(ranges)}`;
  const [row] = await readRows(connection, { sql, params: [] });
  return Number(row?.[0]);
}
