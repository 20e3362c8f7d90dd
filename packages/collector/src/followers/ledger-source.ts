import type { Cursor } from '../ledger/ledger-shapes.ts';

export const LEDGER_START: Cursor = { block: 0, position: 0 };

/** Order of two addresses: negative, zero or positive. */
export function compareCursors(a: Cursor, b: Cursor): number {
  return a.block - b.block || a.position - b.position;
}

/** Consecutive records of one block, as the ledger hands them to its followers. */
export type FollowedChunk = {
  readonly block: number;
  readonly position: number;
  readonly count: number;
  readonly class: string;
  /** Canonical lines, each ended by a newline. */
  readonly lines: Uint8Array;
  /** For each line, the offset just past its newline. */
  readonly lineEnds: Uint32Array;
  /** Batches that the records came in: each begins at `position` of the block and holds until the next. */
  readonly batches: readonly { readonly position: number; readonly count: number; readonly received: string }[];
  /** Records that were here and were pruned; then there are no lines. */
  readonly pruned?: number;
};

/** What a follower needs of the ledger. Records come in order of their addresses. */
export interface LedgerSource {
  follow(from: Cursor, signal: AbortSignal): AsyncIterable<FollowedChunk>;
  /** Records ever taken in before the cursor, whether they are still stored or not. */
  recordsBefore(cursor: Cursor): Promise<number>;
  head(): { readonly durable: Cursor; readonly records: number; readonly vkey: string };
}
