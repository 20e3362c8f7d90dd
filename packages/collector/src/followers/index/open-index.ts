import { rm } from 'node:fs/promises';
import { LEDGER_START } from '../ledger-source.ts';
import { FollowingIndex } from './following-index.ts';
import type { IndexOptions } from './index-options.ts';
import type { RecordIndex } from './record-index.ts';
import { RestartingIndex } from './restarting-index.ts';
import type { RestartOptions } from './restarting-index.ts';

/**
 * Opens the index and lets it follow the ledger from where its files end. Resolves once it can be searched; it catches up
 * by itself, and is started anew by itself when it fails later.
 */
export async function openIndex(options: RestartOptions): Promise<RecordIndex> {
  return RestartingIndex.open(options);
}

export type RebuildProgress = { readonly records: number; readonly recordsTotal: number };

/**
 * Throws the index folder away and replays the ledger into a new one, up to what is durable now. No index may be open in
 * the folder. Rejects if it can't be done; then the folder holds a beginning that a later start goes on with.
 */
export async function rebuildIndex(
  options: IndexOptions & {
    readonly onProgress?: (progress: RebuildProgress) => void;
    readonly progressIntervalMs?: number;
  },
): Promise<RebuildProgress> {
  await rm(options.dir, { recursive: true, force: true });
  const head = options.ledger.head();
  await using index = await FollowingIndex.open(options);
  const tell = () => options.onProgress?.({ records: index.status().records, recordsTotal: head.records });
  const timer = setInterval(tell, options.progressIntervalMs ?? 500);
  try {
    await index.reached(head.records === 0 ? LEDGER_START : head.durable);
    await index.flush();
  } finally {
    clearInterval(timer);
  }
  tell();
  return { records: index.status().records, recordsTotal: head.records };
}
