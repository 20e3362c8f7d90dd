import type { SequenceRange } from './sequence-ranges.ts';

/** From when to when nothing came of an observer that promised a heartbeat. Timestamps of the observer's clock. */
export type Silence = { readonly from: string; readonly to: string };

/** What the ledger holds of one stream (observer, session), and what it says itself that it lacks. */
export type StreamReport = {
  readonly observer: string;
  readonly session: string;
  readonly records: number;
  /** First sequence number held, and the one after the last. */
  readonly firstSeq: number;
  readonly nextSeq: number;
  /** Numbers that were given and never received; the first HOLES_TOLD_MAX. */
  readonly holes: readonly SequenceRange[];
  readonly missing: number;
  /** Of the missing, how many a `records-lost` record names. */
  readonly toldMissing: number;
  /** Whether its observer signs its batches: it alone can be held to its numbers. */
  readonly isSigned: boolean;
  readonly overlaps: number;
  /** By cause, what the observer's own `records-lost` records count. */
  readonly lost: Readonly<Record<string, number>>;
  readonly silences: readonly Silence[];
  readonly silencesTotal: number;
  /** Milliseconds; undefined for a stream that promises no heartbeat. */
  readonly heartbeatMs?: number;
  /** Whether it said that it ended. */
  readonly isStopped: boolean;
  readonly first?: string;
  readonly last?: string;
};

/** Streams told of in a report; past it the ones that have nothing to tell are left out first. */
export const STREAMS_TOLD_MAX = 1_000;
/** Holes and silences told of one stream. */
export const GAPS_TOLD_MAX = 100;

/** Whether a stream has a hole, an overlap, a loss or a silence. */
export function isGapless(stream: StreamReport): boolean {
  const { missing, overlaps, lost, silencesTotal } = stream;
  return missing === 0 && overlaps === 0 && silencesTotal === 0 && Object.keys(lost).length === 0;
}
