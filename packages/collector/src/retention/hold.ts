import { microsFromTimestamp } from '@portledger/format';
import type { AccessRecord } from '@portledger/format';
import type { SegmentSummary } from './segment-census.ts';

/** Which records a hold keeps: those that fit every part that is given. Times are epoch microseconds, both included. */
export type HoldScope = {
  readonly class?: string;
  readonly fromMicros?: number;
  readonly toMicros?: number;
  /** A search. */
  readonly query?: string;
};

/** Records that nobody may delete, whatever their age. */
export type Hold = HoldScope & {
  readonly name: string;
  readonly reason: string;
  /** Who placed it, and when. */
  readonly by: string;
  readonly placed: string;
};

/** Names of holds: what a case or a ticket is called. */
export function isHoldName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}

/** The hold that a `hold-placed` record tells of; undefined where it tells of none. */
export function holdOf(record: AccessRecord): Hold | undefined {
  const { hold: name, class: className, from, to, query } = record.labels ?? {};
  if (name === undefined) return undefined;
  const fromMicros = from === undefined ? undefined : microsFromTimestamp(from);
  const toMicros = to === undefined ? undefined : microsFromTimestamp(to);
  return {
    name,
    reason: record.reason ?? '',
    by: record.user ?? '',
    placed: record.timestamp,
    ...(className === undefined ? {} : { class: className }),
    ...(fromMicros === undefined ? {} : { fromMicros }),
    ...(toMicros === undefined ? {} : { toMicros }),
    ...(query === undefined ? {} : { query }),
  };
}

/** Whether a hold may keep records of a segment, as far as class and times tell; its query is another matter. */
export function mayHold(hold: HoldScope, segment: SegmentSummary): boolean {
  return (
    (hold.class === undefined || hold.class === segment.class) &&
    (hold.fromMicros ?? -Infinity) <= segment.newestMicros &&
    (hold.toMicros ?? Infinity) >= segment.oldestMicros
  );
}
