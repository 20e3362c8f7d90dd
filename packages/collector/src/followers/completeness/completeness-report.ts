import type { CompletenessStore } from './completeness-store.ts';
import { isSilence } from './completeness-changes.ts';
import type { Hole, ObserverFacts, StreamState } from './completeness-state.ts';
import { BUCKET_MS, TOLD_OF_ONE_MAX } from './limits.ts';

const BUCKET_MICROS = BUCKET_MS * 1_000;

/** Event times in epoch microseconds. */
export type TimeRange = { readonly fromMicros: number; readonly toMicros: number };

/** One slot of a timeline: records in it, and the part of it in which the observer was silent, 0 to 1. */
export type TimelineSlot = { readonly delivered: number; readonly silent: number };

/** What one observer saw, delivered, lost and left out in a time. */
export type ObserverAccount = {
  readonly observer: string;
  readonly isSigned: boolean;
  readonly mode?: string;
  readonly covers?: string;
  readonly misses?: string;
  readonly sessions: number;
  /** Events that its capture saw, by its own counters. */
  readonly seen: number;
  /** Records of accesses in the ledger. */
  readonly delivered: number;
  /** Records by which it told of itself. */
  readonly notices: number;
  /** Records lost by cause, as records of loss tell. */
  readonly lost: Readonly<Record<string, number>>;
  /** Numbers that never came, and how many records they stand for. */
  readonly holes: readonly (Hole & { readonly session: string })[];
  readonly missing: number;
  readonly silences: readonly TimeRange[];
  readonly silentMicros: number;
  /** Greatest distance of its clock from the collector's. */
  readonly clockOffsetMicros: number;
  readonly chainBreaks: number;
  readonly isStopped: boolean;
  readonly timeline: readonly TimelineSlot[];
};

export type ReportRequest = TimeRange & {
  /** One observer alone. */
  readonly observer?: string;
  readonly slots: number;
  /** Until when silence would have been heard: now, or when the collector took its last record. */
  readonly nowMicros: number;
};

/** Counts are of whole buckets: the range is widened to them. */
export function widened({ fromMicros, toMicros }: TimeRange): TimeRange {
  return {
    fromMicros: Math.floor(fromMicros / BUCKET_MICROS) * BUCKET_MICROS,
    toMicros: Math.ceil(toMicros / BUCKET_MICROS) * BUCKET_MICROS,
  };
}

/** The account of each observer that was heard, or should have been heard, within the range. */
export function completenessReport(store: CompletenessStore, request: ReportRequest): ObserverAccount[] {
  return store
    .observers()
    .filter(({ observer }) => request.observer === undefined || observer === request.observer)
    .flatMap((facts) => accountOf(store, facts, request) ?? []);
}

function accountOf(
  store: CompletenessStore,
  facts: ObserverFacts,
  request: ReportRequest,
): ObserverAccount | undefined {
  const { observer, mode, covers, misses, isStopped } = facts;
  const { fromMicros, toMicros } = request;
  const streams = store.streams(observer, fromMicros, toMicros);
  const silences = silencesOf(store, facts, request);
  if (streams.length === 0 && silences.length === 0 && request.observer === undefined) return undefined;
  const holes = streams.flatMap((stream) => holesIn(stream, request));
  const counted = countsOf(store, observer, request);
  return {
    observer,
    isSigned: streams.some(({ isSigned }) => isSigned),
    ...(mode === undefined ? {} : { mode }),
    ...(covers === undefined ? {} : { covers }),
    ...(misses === undefined ? {} : { misses }),
    sessions: streams.length,
    ...counted.sums,
    lost: lossesOf(store, observer, request),
    holes: holes.slice(0, TOLD_OF_ONE_MAX),
    missing: holes.reduce((sum, { from, to }) => sum + to - from, 0),
    silences: silences.slice(0, TOLD_OF_ONE_MAX),
    silentMicros: silences.reduce((sum, silence) => sum + silence.toMicros - silence.fromMicros, 0),
    chainBreaks: streams.reduce((sum, stream) => sum + stream.chainBreaks, 0),
    isStopped,
    timeline: timelineOf(counted.buckets, silences, request),
  };
}

function holesIn({ session, holes }: StreamState, { fromMicros, toMicros }: TimeRange) {
  const within = holes.filter(({ micros }) => micros >= fromMicros && micros <= toMicros);
  return within.map(({ from, to, micros }) => ({ session, from, to, micros }));
}

type Bucket = { readonly bucket: number; readonly delivered: number };

function countsOf(store: CompletenessStore, observer: string, { fromMicros, toMicros }: TimeRange) {
  const [first, end] = [Math.floor(fromMicros / BUCKET_MICROS), Math.ceil(toMicros / BUCKET_MICROS)];
  const rows = store.database
    .prepare('SELECT * FROM buckets WHERE observer = ? AND bucket >= ? AND bucket < ? ORDER BY bucket')
    .all(observer, first, end);
  const sums = { seen: 0, delivered: 0, notices: 0, clockOffsetMicros: 0 };
  const buckets: Bucket[] = [];
  for (const row of rows) {
    const delivered = Number(row['delivered']);
    sums.seen += Number(row['seen']);
    sums.delivered += delivered;
    sums.notices += Number(row['notices']);
    sums.clockOffsetMicros = Math.max(sums.clockOffsetMicros, Number(row['clock_offset']));
    buckets.push({ bucket: Number(row['bucket']), delivered: delivered + Number(row['notices']) });
  }
  return { sums, buckets };
}

function lossesOf(
  store: CompletenessStore,
  observer: string,
  { fromMicros, toMicros }: TimeRange,
): Record<string, number> {
  const rows = store.database
    .prepare(
      'SELECT cause, sum(count) AS count FROM losses WHERE observer = ? AND bucket >= ? AND bucket < ? GROUP BY cause ORDER BY cause LIMIT ?',
    )
    .all(observer, Math.floor(fromMicros / BUCKET_MICROS), Math.ceil(toMicros / BUCKET_MICROS), TOLD_OF_ONE_MAX);
  return Object.fromEntries(rows.map((row) => [String(row['cause']), Number(row['count'])]));
}

/** Silences within the range, cut to it; the last may go on. */
function silencesOf(store: CompletenessStore, facts: ObserverFacts, request: ReportRequest): TimeRange[] {
  const { fromMicros, toMicros, nowMicros } = request;
  const rows = store.database
    .prepare('SELECT begun, ended FROM silences WHERE observer = ? AND ended > ? AND begun < ? ORDER BY begun')
    .all(facts.observer, fromMicros, toMicros);
  const silences = rows.map((row) => ({ fromMicros: Number(row['begun']), toMicros: Number(row['ended']) }));
  if (isSilence(facts, nowMicros)) silences.push({ fromMicros: facts.lastMicros, toMicros: nowMicros });
  return silences
    .map((silence) => ({
      fromMicros: Math.max(silence.fromMicros, fromMicros),
      toMicros: Math.min(silence.toMicros, toMicros),
    }))
    .filter((silence) => silence.fromMicros < silence.toMicros);
}

function timelineOf(
  buckets: readonly Bucket[],
  silences: readonly TimeRange[],
  { fromMicros, toMicros, slots }: ReportRequest,
): TimelineSlot[] {
  const width = (toMicros - fromMicros) / slots;
  const delivered = Array.from({ length: slots }, () => 0);
  for (const bucket of buckets) {
    // A bucket that several slots share is spread over them, so that a short range shows no holes between buckets.
    const start = bucket.bucket * BUCKET_MICROS;
    const first = Math.max(0, Math.floor((start - fromMicros) / width));
    const last = Math.min(slots - 1, Math.ceil((start + BUCKET_MICROS - fromMicros) / width) - 1);
    const share = Math.max(1, last - first + 1);
    for (let slot = first; slot <= last; slot += 1) delivered[slot] = (delivered[slot] ?? 0) + bucket.delivered / share;
  }
  return delivered.map((count, slot) => {
    const start = fromMicros + slot * width;
    const silent = silences.reduce((sum, silence) => {
      return sum + Math.max(0, Math.min(silence.toMicros, start + width) - Math.max(silence.fromMicros, start));
    }, 0);
    return { delivered: Math.round(count), silent: Math.round((silent / width) * 100) / 100 };
  });
}
