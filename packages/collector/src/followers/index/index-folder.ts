import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { canonicalJson } from '@portledger/format';
import type { Cursor } from '../../ledger/ledger-shapes.ts';
import { compareCursors, LEDGER_START } from '../ledger-source.ts';
import { createTableSql } from './columns.ts';
import { readPartition, UNFINISHED } from './parquet-file.ts';
import { contiguousChain, parsePartitionName, type Partition, type PartitionRange } from './partition.ts';

/** The ledger that an index belongs to, as far as it shows: another key, or fewer records, is another ledger. */
export type LedgerIdentity = { readonly vkey: string; readonly durable: Cursor };

const OWNER_FILE = 'owner.json';
const SPILL_DIR = 'spill';

export function spillDirOf(dir: string): string {
  return join(dir, SPILL_DIR);
}

/**
 * Makes the folder fit to go on with and tells what it holds. Unfinished files, files beyond a gap, parts of a merge that
 * is complete, and files that can't be read are removed: the ledger brings their records back. An index of another
 * ledger, or of another layout of columns, is thrown away whole.
 */
export async function recoverFolder(
  connection: DuckDBConnection,
  dir: string,
  ledger: LedgerIdentity,
): Promise<{ readonly partitions: Partition[]; readonly cursor: Cursor }> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await rm(spillDirOf(dir), { recursive: true, force: true });
  const owner = canonicalJson({ columns: createTableSql('records'), vkey: ledger.vkey });
  const known = await readFile(join(dir, OWNER_FILE), 'utf8').catch(() => undefined);
  const ranges = await rangesIn(dir);
  const { chain, rest } = contiguousChain(ranges);
  const ahead = compareCursors(chain.at(-1)?.next ?? LEDGER_START, ledger.durable) > 0;
  if (known !== owner || ahead) {
    for (const { path } of ranges) await rm(path);
    await writeFile(join(dir, OWNER_FILE), owner, { mode: 0o600 });
    return { partitions: [], cursor: LEDGER_START };
  }
  for (const { path } of rest) await rm(path);
  return readChain(connection, chain);
}

async function readChain(
  connection: DuckDBConnection,
  chain: readonly (PartitionRange & { readonly path: string })[],
): Promise<{ partitions: Partition[]; cursor: Cursor }> {
  const partitions: Partition[] = [];
  for (const [number, { path, ...range }] of chain.entries()) {
    const partition = await readPartition(connection, path, range).catch(() => undefined);
    if (partition === undefined) {
      for (const unusable of chain.slice(number)) await rm(unusable.path);
      break;
    }
    partitions.push(partition);
  }
  return { partitions, cursor: partitions.at(-1)?.next ?? LEDGER_START };
}

async function rangesIn(dir: string): Promise<(PartitionRange & { readonly path: string })[]> {
  const ranges: (PartitionRange & { readonly path: string })[] = [];
  for (const name of await readdir(dir)) {
    const path = join(dir, name);
    const range = parsePartitionName(name);
    if (range !== undefined) ranges.push({ ...range, path });
    else if (name.endsWith(UNFINISHED)) await rm(path);
  }
  return ranges;
}
