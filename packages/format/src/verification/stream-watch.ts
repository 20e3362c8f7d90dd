import type { BatchEntry } from '../manifest.ts';
import type { AccessRecord } from '../record.ts';
import { GAP_MICROS_MIN, microsBetween } from './batch-span.ts';
import type { BatchSpan } from './batch-span.ts';
import { SequenceRanges, sessionKey } from './sequence-ranges.ts';
import type { SequenceRange } from './sequence-ranges.ts';
import { GAPS_TOLD_MAX, STREAMS_TOLD_MAX, isGapless } from './stream-report.ts';
import type { Silence, StreamReport } from './stream-report.ts';
import type { FindingPlace, VerifyLog } from './verify-log.ts';

/** An observer that was not heard for this many of its own intervals was silent. */
const SILENT_INTERVALS = 4;

/** What is known of one stream so far. */
class Stream {
  readonly observer: string;
  readonly session: string;
  readonly ranges = new SequenceRanges();
  readonly lost = new Map<string, number>();
  readonly gaps: Silence[] = [];
  records = 0;
  firstSeq: number;
  overlaps = 0;
  heartbeatMs: number | undefined;
  isStopped = false;
  first: string | undefined;
  last: string | undefined;

  constructor(observer: string, session: string, firstSeq: number) {
    this.observer = observer;
    this.session = session;
    this.firstSeq = firstSeq;
  }

  /** Times of the next batch, in the order of the log. */
  span({ first, last, gaps, heartbeatMs }: BatchSpan): void {
    if (this.last !== undefined) this.gap(this.last, first);
    for (const [from, to] of gaps) this.gap(from, to);
    if (this.first === undefined || first < this.first) this.first = first;
    if (this.last === undefined || last > this.last) this.last = last;
    this.heartbeatMs ??= heartbeatMs;
  }

  gap(from: string, to: string): void {
    if (microsBetween(from, to) >= GAP_MICROS_MIN) this.gaps.push({ from, to });
  }

  silences(): readonly Silence[] {
    if (this.heartbeatMs === undefined) return []; // nothing was promised
    const micros = Math.max(GAP_MICROS_MIN, this.heartbeatMs * SILENT_INTERVALS * 1_000);
    return this.gaps.filter(({ from, to }) => microsBetween(from, to) >= micros);
  }
}

/** The parts of some ranges that none of others covers. */
function without(ranges: readonly SequenceRange[], others: readonly SequenceRange[]): readonly SequenceRange[] {
  return others.reduce((left, other) => {
    const cut = left.flatMap(({ from, to }) => [
      { from, to: Math.min(to, other.from) },
      { from: Math.max(from, other.to), to },
    ]);
    return cut.filter(({ from, to }) => from < to);
  }, ranges);
}

function lengthOf(ranges: readonly SequenceRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** Follows every stream through the log: what is missing, what is there twice, what fell silent, what it says it lost. */
export class StreamWatch {
  readonly #streams = new Map<string, Stream>();
  /** Numbers that records of loss name, by stream, and the observers that sign. */
  readonly #told = new Map<string, SequenceRange[]>();
  readonly #signing = new Set<string>();

  get count(): number {
    return this.#streams.size;
  }

  /** The numbers that a block's manifest says it holds. */
  take(batches: readonly BatchEntry[], place: FindingPlace, log: VerifyLog): void {
    for (const { observer, session, first_seq, count, signed } of batches) {
      if (signed !== undefined) this.#signing.add(observer);
      const stream = this.#stream(observer, session, first_seq);
      const [missing] = stream.ranges.missing(first_seq, count);
      if (missing?.from !== first_seq || missing.to !== first_seq + count) {
        stream.overlaps += 1;
        log.find(
          'batch-overlap',
          place,
          `${observer} ${session}: sequence numbers ${first_seq}–${first_seq + count - 1} are held already, in part or whole`,
        );
      }
      stream.ranges.add(first_seq, count, Infinity);
      stream.records += count;
      stream.firstSeq = Math.min(stream.firstSeq, first_seq);
    }
  }

  /** What a block's lines show, in the order of the blocks. */
  observe(batches: readonly BatchEntry[], spans: readonly (BatchSpan | undefined)[]): void {
    for (const [at, { observer, session, first_seq }] of batches.entries()) {
      const span = spans[at];
      if (span !== undefined) this.#stream(observer, session, first_seq).span(span);
    }
  }

  mark(record: AccessRecord): void {
    const stream = this.#stream(record.observer, record.session, record.seq);
    if (record.action === 'capture-stopped') stream.isStopped = true;
    if (record.action !== 'records-lost') return;
    const cause = record.reason ?? 'no cause told';
    const { observer = record.observer, session, from, to } = record.labels ?? {};
    if (session === undefined || !(Number(from) < Number(to))) {
      stream.lost.set(cause, (stream.lost.get(cause) ?? 0) + (record.count ?? 0));
      return;
    }
    // Of numbers, told by the collector of any observer, and by an observer of itself.
    if (record.observer_kind !== 'system' && record.observer !== observer) return;
    const key = sessionKey(observer, session);
    this.#told.set(key, [...(this.#told.get(key) ?? []), { from: Number(from), to: Number(to) }]);
  }

  /** Ends the watch: `endMicros`, the latest time that the log itself tells, is when a stream without an end is asked for. */
  finish(end: string | undefined, log: VerifyLog): readonly StreamReport[] {
    this.#tellUnended(end);
    const reports = [...this.#streams].map(([key, stream]) => {
      const untold = without(stream.ranges.holes, this.#told.get(key) ?? []);
      return reportOf(stream, untold, this.#signing.has(stream.observer));
    });
    for (const { observer, session, holes, missing, toldMissing, isSigned } of reports) {
      const [first] = without(holes, this.#told.get(sessionKey(observer, session)) ?? []);
      if (first === undefined || !isSigned) continue;
      const left = missing - toldMissing - (first.to - first.from);
      const others = left > 0 ? `, and ${left} more` : '';
      log.find(
        'sequence-hole',
        { file: 'tile/entries' },
        `${observer} ${session}: sequence numbers ${first.from}–${first.to - 1} were never received${others}, and no record says that they were lost`,
      );
    }
    const telling = reports.filter((report) => !isGapless(report));
    return [...telling, ...reports.filter(isGapless)].slice(0, STREAMS_TOLD_MAX);
  }

  /** A stream that never said that it ended was silent until its observer's next one, or until the end of the log. */
  #tellUnended(end: string | undefined): void {
    const byObserver = Map.groupBy(this.#streams.values(), ({ observer }) => observer);
    for (const streams of byObserver.values()) {
      const begins = streams.flatMap(({ first }) => (first === undefined ? [] : [first])).sort();
      for (const stream of streams) {
        const { last, isStopped } = stream;
        if (isStopped || last === undefined) continue;
        const next = begins.find((begin) => begin > last) ?? end;
        if (next !== undefined) stream.gap(last, next);
      }
    }
  }

  #stream(observer: string, session: string, firstSeq: number): Stream {
    const key = sessionKey(observer, session);
    let stream = this.#streams.get(key);
    if (stream === undefined) this.#streams.set(key, (stream = new Stream(observer, session, firstSeq)));
    return stream;
  }
}

function reportOf(stream: Stream, untold: readonly SequenceRange[], isSigned: boolean): StreamReport {
  const { observer, session, records, firstSeq, overlaps, isStopped, first, last, heartbeatMs, ranges } = stream;
  const silences = stream.silences();
  return {
    observer,
    session,
    records,
    firstSeq,
    nextSeq: ranges.next,
    holes: ranges.holes.slice(0, GAPS_TOLD_MAX),
    missing: lengthOf(ranges.holes),
    toldMissing: lengthOf(ranges.holes) - lengthOf(untold),
    isSigned,
    overlaps,
    lost: Object.fromEntries(stream.lost),
    silences: silences.slice(0, GAPS_TOLD_MAX),
    silencesTotal: silences.length,
    isStopped,
    ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
    ...(first === undefined ? {} : { first }),
    ...(last === undefined ? {} : { last }),
  };
}
