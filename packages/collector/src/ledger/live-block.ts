import { addBatch, batchEntry, batchEntryBytes } from '@portledger/format';
import type { BatchEntry, JournalBlock, JournalMeta, LinesCheck } from '@portledger/format';

/** One journal entry's records, in memory while their round is not published. */
export type LivePiece = {
  readonly position: number;
  readonly count: number;
  readonly lines: Uint8Array;
  /** Offsets in `lines` just past each newline. */
  readonly lineEnds: Uint32Array;
  /** Where the lines lie in the round's journal file. */
  readonly start: number;
  readonly end: number;
  readonly check: LinesCheck;
};

/** A block that is durable and not yet sealed. Only what a group commit made durable is ever in it. */
export class LiveBlock {
  readonly block: number;
  readonly class: string;
  readonly pieces: LivePiece[] = [];
  readonly batches: BatchEntry[] = [];
  /** Bytes of the batches' entries in the manifest, at most. */
  batchBytes = 0;
  count = 0;
  bytes = 0;
  /** No record will be added any more. */
  closed = false;
  #firstTimestamp = '';
  #lastTimestamp = '';

  constructor(block: number, className: string) {
    this.block = block;
    this.class = className;
  }

  add(piece: LivePiece, meta: JournalMeta): void {
    if (piece.position !== this.count)
      throw new Error(`block ${this.block}: position ${piece.position} after ${this.count} records`);
    this.pieces.push(piece);
    this.count += piece.count;
    this.bytes += piece.lines.length;
    const entries = this.batches.length;
    addBatch(this.batches, batchEntry(meta, piece.count));
    if (this.batches.length > entries)
      this.batchBytes += batchEntryBytes(meta.observer, meta.session, meta.signed !== undefined);
    if (this.#firstTimestamp === '' || meta.first_timestamp < this.#firstTimestamp)
      this.#firstTimestamp = meta.first_timestamp;
    if (meta.last_timestamp > this.#lastTimestamp) this.#lastTimestamp = meta.last_timestamp;
  }

  /** What sealing needs to know; the lines are in the journal. */
  journalBlock(): JournalBlock {
    return {
      block: this.block,
      class: this.class,
      count: this.count,
      pieces: this.pieces.map(({ start, end, check }) => ({ start, end, check })),
      batches: [...this.batches],
      firstTimestamp: this.#firstTimestamp,
      lastTimestamp: this.#lastTimestamp,
    };
  }
}
