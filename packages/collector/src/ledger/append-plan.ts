import { MANIFEST_BATCH_BYTES_MAX, batchEntryBytes } from '@portledger/format';
import type { JournalMeta } from '@portledger/format';
import type { Batch, HeldLines, RecordAddress } from './ledger-shapes.ts';
import { BLOCK_BYTES_MAX, BLOCK_RECORDS_MAX, MANIFEST_BATCHES_MAX } from './limits.ts';
import type { LiveBlock } from './live-block.ts';
import type { TentativeSessions } from './session-table.ts';
import { timestampRange } from './timestamp-range.ts';

/** A run of one batch's lines that goes into one block as one journal entry. */
export type PlannedEntry = {
  readonly block: number;
  readonly position: number;
  readonly batch: Batch;
  /** Lines of the batch, from and to (excluded). */
  readonly from: number;
  readonly to: number;
  readonly meta: JournalMeta;
};

export type PlannedAppend = {
  readonly accepted: number;
  readonly duplicates: number;
  readonly addresses: readonly RecordAddress[];
  readonly held: readonly HeldLines[];
};

/** How full a block would be. */
type Filling = {
  readonly block: number;
  count: number;
  bytes: number;
  batches: number;
  /** Bytes of their entries in the manifest, at most. */
  batchBytes: number;
  /** The batch planned last, of this group commit: what only continues it makes no entry of its own. */
  last?: { readonly batch: Batch; readonly to: number };
};

/**
 * Decides where each record of a group commit goes: skips what the ledger holds, gives blocks and positions.
 * Changes nothing but itself: the plan takes effect only once it is durable.
 */
export class AppendPlan {
  readonly entries: PlannedEntry[] = [];
  readonly received: string;
  #nextBlock: number;
  readonly #sessions: TentativeSessions;
  readonly #filling = new Map<string, Filling>();

  constructor(open: Iterable<LiveBlock>, nextBlock: number, sessions: TentativeSessions, received: string) {
    this.#nextBlock = nextBlock;
    this.#sessions = sessions;
    this.received = received;
    for (const { block, class: className, count, bytes, batches, batchBytes } of open) {
      this.#filling.set(className, { block, count, bytes, batches: batches.length, batchBytes });
    }
  }

  /** undefined where a batch that must follow does not: then nothing of the append is planned. */
  add(batches: readonly Batch[]): PlannedAppend | undefined {
    const isCutOff = ({ mustFollow, observer, session, firstSeq }: Batch): boolean =>
      mustFollow === true && this.#sessions.next(observer, session) !== firstSeq;
    if (batches.some(isCutOff)) return undefined;
    let accepted = 0;
    let line = 0;
    const addresses: RecordAddress[] = [];
    const held: HeldLines[] = [];
    for (const batch of batches) {
      const { observer, session, firstSeq, count } = batch;
      let at = 0;
      const skip = (to: number) => {
        if (to > at) held.push({ line: line + at, observer, session, firstSeq: firstSeq + at, count: to - at });
      };
      for (const part of this.#sessions.take(observer, session, firstSeq, count)) {
        skip(part.from - firstSeq);
        at = part.to - firstSeq;
        this.#place(batch, part.from - firstSeq, at, addresses);
        accepted += part.to - part.from;
      }
      skip(count);
      line += count;
    }
    return { accepted, duplicates: line - accepted, addresses, held };
  }

  #place(batch: Batch, from: number, to: number, addresses: RecordAddress[]): void {
    let at = from;
    while (at < to) {
      const filling = this.#roomFor(batch, at, to);
      const end = this.#fit(batch, at, to, filling);
      const count = end - at;
      this.entries.push({
        block: filling.block,
        position: filling.count,
        batch,
        from: at,
        to: end,
        meta: this.#meta(batch, at, end),
      });
      const last = addresses.at(-1);
      if (last !== undefined && last.block === filling.block && last.position + last.count === filling.count) {
        addresses[addresses.length - 1] = { ...last, count: last.count + count };
      } else addresses.push({ block: filling.block, position: filling.count, count });
      filling.count += count;
      filling.bytes += bytesOf(batch, at, end);
      if (!continuesLast(filling, batch, at)) {
        filling.batches += 1;
        filling.batchBytes += entryBytes(batch);
      }
      filling.last = { batch, to: end };
      at = end;
    }
  }

  /**
   * The block for a batch's lines from `at` on. One that is at least half full is left as it is when the lines would not
   * fit whole: a batch in one piece costs less to journal, to follow and to seal than one cut in two.
   */
  #roomFor(batch: Batch, at: number, to: number): Filling {
    const filling = this.#filling.get(batch.class);
    const fits =
      filling !== undefined &&
      filling.count < BLOCK_RECORDS_MAX &&
      (filling.count + to - at <= BLOCK_RECORDS_MAX || filling.count < BLOCK_RECORDS_MAX / 2) &&
      (hasRoomForBatch(filling, batch) || continuesLast(filling, batch, at)) &&
      filling.bytes + bytesOf(batch, at, at + 1) <= BLOCK_BYTES_MAX;
    if (fits) return filling;
    const fresh = { block: this.#nextBlock++, count: 0, bytes: 0, batches: 0, batchBytes: 0 };
    this.#filling.set(batch.class, fresh);
    return fresh;
  }

  /** How far the batch's lines from `at` on fit; at least one line, whatever its length. */
  #fit(batch: Batch, at: number, to: number, filling: Filling): number {
    const byCount = Math.min(to, at + BLOCK_RECORDS_MAX - filling.count);
    const room = BLOCK_BYTES_MAX - filling.bytes;
    if (bytesOf(batch, at, byCount) <= room) return byCount;
    let end = at + 1;
    while (end < byCount && bytesOf(batch, at, end + 1) <= room) end++;
    return end;
  }

  #meta(batch: Batch, from: number, to: number): JournalMeta {
    const whole = from === 0 && to === batch.count;
    const range = whole ? { first: batch.firstTimestamp, last: batch.lastTimestamp } : timestampRange(batch, from, to);
    const meta = {
      class: batch.class,
      observer: batch.observer,
      session: batch.session,
      first_seq: batch.firstSeq + from,
      received: this.received,
      first_timestamp: range.first,
      last_timestamp: range.last,
    };
    return batch.signed === undefined ? meta : { ...meta, signed: batch.signed };
  }
}

function entryBytes({ observer, session, signed }: Batch): number {
  return batchEntryBytes(observer, session, signed !== undefined);
}

/** Signed entries are long: a manifest may be full before it has its number of batches. */
function hasRoomForBatch({ batches, batchBytes }: Filling, batch: Batch): boolean {
  return batches < MANIFEST_BATCHES_MAX && batchBytes + entryBytes(batch) <= MANIFEST_BATCH_BYTES_MAX;
}

/** Whether a batch's line `at` goes on right where the batch before it in the block ended; see `addBatch`. */
function continuesLast({ last }: Filling, batch: Batch, at: number): boolean {
  return (
    last !== undefined &&
    last.batch.signed === undefined &&
    batch.signed === undefined &&
    last.batch.observer === batch.observer &&
    last.batch.session === batch.session &&
    last.batch.firstSeq + last.to === batch.firstSeq + at
  );
}

/** Bytes of the lines `from` to `to` (excluded) of a batch. */
export function bytesOf(batch: Batch, from: number, to: number): number {
  return lineStart(batch, to) - lineStart(batch, from);
}

/** Offset where a line of a batch begins; of the line after the last, the end. */
export function lineStart(batch: Batch, line: number): number {
  return line === 0 ? 0 : (batch.lineEnds[line - 1] ?? batch.lines.length);
}
