import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  SYSTEM_RETENTION_CLASS,
  TILE_WIDTH,
  microsFromTimestamp,
  observerKeyChange,
  parseLine,
} from '@portledger/format';
import type { AccessRecord, ObserverKeyChange } from '@portledger/format';
import type { Chunk, Ledger } from '../ledger/ledger-shapes.ts';
import type { ObserverKey } from './observer-keys.ts';

export type KeyLedger = Pick<Ledger, 'chunk' | 'head' | 'published'>;

/** What the ledger says last of the keys of each observer that it speaks of. */
export type RecordedKeys = {
  /** Observers by name with the key in force; undefined where it was withdrawn. */
  readonly last: ReadonlyMap<string, ObserverKey | undefined>;
  /** Blocks that cannot be read, and might tell of a key. */
  readonly unreadBlocks: readonly number[];
};

/**
 * Reads what the ledger tells of observers' keys from block `from` on. Only blocks of the class in which the collector
 * keeps its own acts are looked at: a record that somebody imported is no word of this collector.
 */
export async function recordedKeys(ledger: KeyLedger, from: number): Promise<RecordedKeys> {
  const last = new Map<string, ObserverKey | undefined>();
  const unreadBlocks: number[] = [];
  for await (const block of blocksOfActs(ledger, from)) {
    const chunk = await readBlock(ledger, block);
    if (chunk === 'unreadable') unreadBlocks.push(block);
    else if (chunk?.class === SYSTEM_RETENTION_CLASS)
      for (const record of recordsOf(chunk)) {
        const change = observerKeyChange(record);
        if (change !== undefined) last.set(change.observer, keyed(change, record));
      }
  }
  return { last, unreadBlocks };
}

/** Sealed blocks by what their manifests say, then all that are open. */
async function* blocksOfActs(ledger: KeyLedger, from: number): AsyncIterable<number> {
  const { published } = ledger;
  const { size } = published.head();
  for (let bundle = Math.floor(from / TILE_WIDTH); bundle * TILE_WIDTH < size; bundle += 1) {
    for (const manifest of published.manifests(bundle))
      if (manifest.block >= from && manifest.class === SYSTEM_RETENTION_CLASS) yield manifest.block;
    await nextTurn();
  }
  for (let block = Math.max(from, size); block <= ledger.head().durable.block; block += 1) yield block;
}

/** A block that is damaged is told of, and must not hide the others. */
async function readBlock(ledger: KeyLedger, block: number): Promise<Chunk | 'unreadable' | undefined> {
  try {
    return await ledger.chunk(block);
  } catch {
    return 'unreadable';
  }
}

function* recordsOf({ lines, lineEnds }: Chunk): Iterable<AccessRecord> {
  const text = Buffer.from(lines.buffer, lines.byteOffset, lines.length);
  let start = 0;
  for (const end of lineEnds) {
    const record = parseLine(text.toString('utf8', start, end - 1));
    if (record.ok) yield record.value;
    start = end;
  }
}

function keyed(change: ObserverKeyChange, { timestamp, user }: AccessRecord): ObserverKey | undefined {
  if (change.kind === 'withdrawn') return undefined;
  const { observer, keyId, key: publicKey } = change;
  const registeredMs = Math.floor((microsFromTimestamp(timestamp) ?? 0) / 1_000);
  return { observer, keyId, publicKey, registeredMs, by: user ?? '' };
}
