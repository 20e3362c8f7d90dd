import { open, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { pathLiteral, readRows } from './database.ts';
import { microsOf } from './hit-rows.ts';
import { ROW_GROUP_RECORDS } from './limits.ts';
import { partitionName, type Partition, type PartitionRange } from './partition.ts';

/** Ending of a file that is still being written; such files are thrown away on start. */
export const UNFINISHED = '.tmp';

/**
 * Writes what `from` gives (a table expression) as one Parquet file and gives it its name once it is whole and on disk:
 * after a crash there is either the whole file or none.
 */
export async function writePartition(
  connection: DuckDBConnection,
  dir: string,
  from: string,
  range: PartitionRange,
  sorted: boolean,
): Promise<Partition> {
  const path = join(dir, partitionName(range));
  const order = sorted ? ' ORDER BY "timestamp", "block", "position"' : '';
  await connection.run(
    `COPY (SELECT * FROM ${from}${order}) TO ${pathLiteral(path + UNFINISHED)} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE ${ROW_GROUP_RECORDS})`,
  );
  await syncPath(path + UNFINISHED);
  await rename(path + UNFINISHED, path);
  await syncPath(dirname(path));
  return readPartition(connection, path, range);
}

/** What a file holds, by its own metadata. Rejects if it is no whole Parquet file. */
export async function readPartition(
  connection: DuckDBConnection,
  path: string,
  range: PartitionRange,
): Promise<Partition> {
  const sql = `SELECT count(*), min("timestamp"), max("timestamp") FROM read_parquet(${pathLiteral(path)})`;
  const [row] = await readRows(connection, { sql, params: [] });
  const { size } = await stat(path);
  const records = Number(row?.[0]);
  if (records === 0) return { ...range, path, bytes: size, records, lowMicros: Infinity, highMicros: -Infinity };
  return {
    ...range,
    path,
    bytes: size,
    records,
    lowMicros: microsOf(row?.[1]),
    highMicros: microsOf(row?.[2]),
  };
}

async function syncPath(path: string): Promise<void> {
  await using file = await open(path, 'r');
  await file.sync();
}
