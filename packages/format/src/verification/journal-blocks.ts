import type { BatchEntry } from '../manifest.ts';
import type { Result } from '../result.ts';
import { fail, ok } from '../result.ts';
import type { JournalEntry, JournalMeta, LinesCheck } from './journal-format.ts';

/** Where a run of a block's lines lies in the journal file, and what it can be checked by. */
export type JournalPiece = { readonly start: number; readonly end: number; readonly check: LinesCheck };

/** A block as its round's journal holds it. */
export type JournalBlock = {
  readonly block: number;
  readonly class: string;
  readonly count: number;
  readonly pieces: readonly JournalPiece[];
  readonly batches: readonly BatchEntry[];
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
};

export function batchEntry(meta: JournalMeta, count: number): BatchEntry {
  const { observer, session, first_seq, received, signed } = meta;
  const entry = { observer, session, first_seq, count, received };
  return signed === undefined ? entry : { ...entry, signed };
}

/**
 * Whether `next` only continues `last`: unsigned, same stream, no hole, accepted in the same commit.
 * Writer and recovery must agree, for the manifest is made from it.
 */
export function continues(last: BatchEntry | undefined, next: BatchEntry): last is BatchEntry {
  return (
    last !== undefined &&
    last.signed === undefined &&
    next.signed === undefined &&
    last.observer === next.observer &&
    last.session === next.session &&
    last.received === next.received &&
    last.first_seq + last.count === next.first_seq
  );
}

/** Adds a batch to a block's list, merged into the last one where it only continues it. */
export function addBatch(batches: BatchEntry[], next: BatchEntry): void {
  const last = batches.at(-1);
  if (continues(last, next)) batches[batches.length - 1] = { ...last, count: last.count + next.count };
  else batches.push(next);
}

type Growing = { -readonly [K in keyof JournalBlock]: JournalBlock[K] } & {
  pieces: JournalPiece[];
  batches: BatchEntry[];
};

function begin(entry: JournalEntry): Growing {
  return {
    block: entry.block,
    class: entry.meta.class,
    count: 0,
    pieces: [],
    batches: [],
    firstTimestamp: entry.meta.first_timestamp,
    lastTimestamp: entry.meta.last_timestamp,
  };
}

function grow(block: Growing, entry: JournalEntry): void {
  block.count += entry.count;
  block.pieces.push({ start: entry.linesStart, end: entry.linesEnd, check: entry.check });
  addBatch(block.batches, batchEntry(entry.meta, entry.count));
  if (entry.meta.first_timestamp < block.firstTimestamp) block.firstTimestamp = entry.meta.first_timestamp;
  if (entry.meta.last_timestamp > block.lastTimestamp) block.lastTimestamp = entry.meta.last_timestamp;
}

/** The blocks of a round from its journal's entries; fails where the addresses have a hole or overlap. */
export function journalBlocks(
  firstBlock: number,
  entries: readonly JournalEntry[],
): Result<readonly JournalBlock[], string> {
  const blocks: Growing[] = [];
  for (const entry of entries) {
    const at = entry.block - firstBlock;
    if (at === blocks.length) blocks.push(begin(entry));
    const block = blocks[at];
    if (block === undefined)
      return fail(`an entry for block ${entry.block} stands where block ${firstBlock + blocks.length} begins`);
    if (block.class !== entry.meta.class) return fail(`block ${entry.block} mixes two classes`);
    if (block.count !== entry.position)
      return fail(`block ${entry.block} has ${block.count} records before position ${entry.position}`);
    grow(block, entry);
  }
  return ok(blocks);
}
