import type { Hit } from '../api/hit.ts';
import { addressKey } from '../api/hit.ts';
import { TAIL_PENDING_ROWS_MAX, TAIL_RATE_WINDOW_MS, TAIL_ROWS_MAX } from '../limits.ts';

/**
 * The live tail's rows, newest first, and what waits while the reader has scrolled away. A value: every change
 * gives a new one. Both lists are bounded; what leaves them stays in the ledger and is found by search.
 */
export type TailBuffer = {
  readonly rows: readonly Hit[];
  readonly pending: readonly Hit[];
  /** Arrived while paused, held or not. */
  readonly pendingCount: number;
  /** Told by the collector: records it did not send because this page was too slow. */
  readonly dropped: number;
  /** True once a row has left because of the bound: below the last row, records are missing. */
  readonly cut: boolean;
  readonly arrivals: readonly Arrival[];
};

type Arrival = { readonly atMs: number; readonly count: number };

export const EMPTY_TAIL: TailBuffer = {
  rows: [],
  pending: [],
  pendingCount: 0,
  dropped: 0,
  cut: false,
  arrivals: [],
};

export function withHits(buffer: TailBuffer, hits: readonly Hit[], paused: boolean, nowMs: number): TailBuffer {
  const arrivals = [...recent(buffer.arrivals, nowMs), { atMs: nowMs, count: hits.length }];
  if (paused) {
    const pending = newestFirst([...hits, ...buffer.pending]).slice(0, TAIL_PENDING_ROWS_MAX);
    return { ...buffer, pending, pendingCount: buffer.pendingCount + hits.length, arrivals };
  }
  const merged = newestFirst([...hits, ...buffer.pending, ...buffer.rows]);
  const lost = buffer.pendingCount > buffer.pending.length;
  return {
    rows: merged.slice(0, TAIL_ROWS_MAX),
    pending: [],
    pendingCount: 0,
    dropped: buffer.dropped,
    cut: buffer.cut || lost || merged.length > TAIL_ROWS_MAX,
    arrivals,
  };
}

export function withDropped(buffer: TailBuffer, count: number): TailBuffer {
  return { ...buffer, dropped: buffer.dropped + count, cut: true };
}

/** Records a second, a mean over the last window. */
export function tailRate(buffer: TailBuffer, nowMs: number): number {
  const count = recent(buffer.arrivals, nowMs).reduce((sum, arrival) => sum + arrival.count, 0);
  return (count * 1_000) / TAIL_RATE_WINDOW_MS;
}

/** The table's rows: the tail over what search found, each record once. */
export function joinRows(buffer: TailBuffer, found: readonly Hit[]): readonly Hit[] {
  if (buffer.rows.length === 0) return found;
  if (buffer.cut) return buffer.rows;
  return newestFirst([...buffer.rows, ...found]);
}

function recent(arrivals: readonly Arrival[], nowMs: number): readonly Arrival[] {
  return arrivals.filter((arrival) => nowMs - arrival.atMs < TAIL_RATE_WINDOW_MS);
}

function newestFirst(hits: readonly Hit[]): readonly Hit[] {
  const seen = new Set<string>();
  return hits
    .filter((hit) => {
      const key = addressKey(hit);
      return !seen.has(key) && Boolean(seen.add(key));
    })
    .toSorted(compareNewestFirst);
}

function compareNewestFirst(a: Hit, b: Hit): number {
  if (a.record.timestamp !== b.record.timestamp) return a.record.timestamp < b.record.timestamp ? 1 : -1;
  return b.block - a.block || b.position - a.position;
}
