import type { AccessRecord } from '@portledger/format';
import { sessionKey } from '@portledger/format';
import { newStream, withNumbers } from './completeness-state.ts';
import type { ObserverFacts, StreamState } from './completeness-state.ts';
import type { BucketSums, CompletenessStore, Silence } from './completeness-store.ts';
import { BUCKET_MS, SILENT_INTERVALS, STREAMS_KEPT_MAX, STREAM_HOLES_MAX } from './limits.ts';

const BUCKET_MICROS = BUCKET_MS * 1_000;

/** Why the collector says that records of an observer are missing. */
export const HOLE_CAUSE = 'hole in observer’s numbering';

/** Part of a batch that came in one chunk. */
export type BatchPart = {
  readonly observer: string;
  readonly session: string;
  readonly firstSeq: number;
  readonly count: number;
  readonly isSigned: boolean;
  readonly isChainBroken: boolean;
  /** Event times of its first and last record. */
  readonly firstMicros: number;
  readonly lastMicros: number;
};

function integer(text: string | undefined): number | undefined {
  const value = Number(text ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** What following the ledger came to since the last saving. */
export class CompletenessChanges {
  readonly #store: CompletenessStore;
  readonly #streams = new Map<string, StreamState>();
  readonly #observers = new Map<string, ObserverFacts>();
  readonly #dirtyStreams = new Set<string>();
  readonly #dirtyObservers = new Set<string>();
  #buckets = new Map<string, Map<number, BucketSums>>();
  #silences: Silence[] = [];

  constructor(store: CompletenessStore) {
    this.#store = store;
    for (const facts of store.observers()) this.#observers.set(facts.observer, facts);
  }

  stream(observer: string, session: string): StreamState | undefined {
    return this.#streams.get(sessionKey(observer, session)) ?? this.#store.stream(observer, session);
  }

  observer(observer: string): ObserverFacts | undefined {
    return this.#observers.get(observer);
  }

  /** The streams that changed since the last saving. */
  *changed(): Iterable<StreamState> {
    for (const key of this.#dirtyStreams) {
      const stream = this.#streams.get(key);
      if (stream !== undefined) yield stream;
    }
  }

  part(part: BatchPart): void {
    const { observer, session, firstSeq, count, firstMicros, lastMicros } = part;
    const before = this.stream(observer, session) ?? newStream(observer, session, firstMicros);
    const after = withNumbers(before, firstSeq, count, firstMicros);
    this.#put({
      ...after,
      lastMicros: Math.max(after.lastMicros, lastMicros),
      isSigned: before.isSigned || part.isSigned,
      chainBreaks: before.chainBreaks + (part.isChainBroken ? 1 : 0),
    });
  }

  /** The observer gave a sign of life; a silence before it ends here. Called in the order of its records. */
  heard(observer: string, micros: number): void {
    this.#active(observer, micros);
  }

  delivered(observer: string, micros: number, count: number): void {
    this.#bucket(observer, micros).delivered += count;
  }

  /** A record by which an observer tells of itself, or the collector of an observer. */
  notice(record: AccessRecord, micros: number): void {
    const { observer, labels = {} } = record;
    this.#active(observer, micros);
    const sums = this.#bucket(observer, micros);
    sums.delivered -= 1;
    sums.notices += 1;
    if (record.action === 'records-lost') this.#lost(record, micros);
    const seen = integer(labels['seen']);
    if (seen !== undefined) this.#seen(record, seen, sums);
    const offset = integer(labels['clock_offset_us']);
    if (offset !== undefined) sums.clockOffsetMicros = Math.max(sums.clockOffsetMicros, Math.abs(offset));
    this.#tellsOfItself(record, micros);
  }

  take(): Pick<Parameters<CompletenessStore['save']>[0], 'streams' | 'observers' | 'buckets' | 'silences'> {
    const streams = [...this.changed()];
    const observers = [...this.#dirtyObservers].flatMap((name) => this.#observers.get(name) ?? []);
    const buckets = [...this.#buckets].flatMap(([observer, own]) =>
      [...own].map(([bucket, sums]): [string, number, BucketSums] => [observer, bucket, sums]),
    );
    const silences = this.#silences;
    this.#dirtyStreams.clear();
    this.#dirtyObservers.clear();
    this.#buckets = new Map();
    this.#silences = [];
    this.#forgetOldest();
    return { streams, observers, buckets, silences };
  }

  #lost(record: AccessRecord, micros: number): void {
    const { labels = {}, reason, count } = record;
    const cause = labels['cause'] ?? reason ?? 'no cause told';
    const [observer, session, from, to] = [labels['observer'], labels['session'], labels['from'], labels['to']];
    if (record.observer_kind !== 'system' || observer === undefined || session === undefined) {
      this.#addLoss(record.observer, micros, cause, count ?? 0);
      return;
    }
    this.#addLoss(observer, micros, cause, count ?? 0);
    const stream = this.stream(observer, session);
    const range = { from: integer(from), to: integer(to) };
    if (stream === undefined || range.from === undefined || range.to === undefined) return;
    this.#put({ ...stream, told: [...stream.told, { from: range.from, to: range.to }].slice(-STREAM_HOLES_MAX) });
  }

  #addLoss(observer: string, micros: number, cause: string, count: number): void {
    const { lost } = this.#bucket(observer, micros);
    lost.set(cause, (lost.get(cause) ?? 0) + count);
  }

  /** The observer's total only grows within a session: what it grew by is what was seen since the notice before. */
  #seen({ observer, session }: AccessRecord, seen: number, sums: BucketSums): void {
    const stream = this.stream(observer, session);
    if (stream === undefined) return;
    sums.seen += Math.max(0, seen - stream.seen);
    this.#put({ ...stream, seen: Math.max(seen, stream.seen) });
  }

  #tellsOfItself({ observer, action, labels = {} }: AccessRecord, micros: number): void {
    if (action === 'records-lost') return;
    const facts = this.#observers.get(observer);
    if (facts === undefined || micros < facts.lastMicros) return;
    const { mode, covers, misses } = labels;
    const intervalMs = integer(labels['interval_ms']);
    this.#observers.set(observer, {
      ...facts,
      isStopped: action === 'capture-stopped',
      ...(mode === undefined ? {} : { mode }),
      ...(covers === undefined ? {} : { covers }),
      ...(misses === undefined ? {} : { misses }),
      ...(intervalMs === undefined || intervalMs === 0 ? {} : { intervalMs }),
    });
    this.#dirtyObservers.add(observer);
  }

  #active(observer: string, micros: number): void {
    const facts = this.#observers.get(observer);
    if (facts !== undefined && micros <= facts.lastMicros) return;
    if (facts !== undefined && isSilence(facts, micros))
      this.#silences.push({ observer, fromMicros: facts.lastMicros, toMicros: micros });
    this.#observers.set(observer, { ...facts, observer, lastMicros: micros, isStopped: false });
    this.#dirtyObservers.add(observer);
  }

  #bucket(observer: string, micros: number): BucketSums {
    const bucket = Math.floor(micros / BUCKET_MICROS);
    let own = this.#buckets.get(observer);
    if (own === undefined) this.#buckets.set(observer, (own = new Map<number, BucketSums>()));
    let sums = own.get(bucket);
    if (sums === undefined) {
      sums = { delivered: 0, notices: 0, seen: 0, clockOffsetMicros: 0, lost: new Map<string, number>() };
      own.set(bucket, sums);
    }
    return sums;
  }

  #put(stream: StreamState): void {
    const key = sessionKey(stream.observer, stream.session);
    this.#streams.delete(key);
    this.#streams.set(key, stream);
    this.#dirtyStreams.add(key);
  }

  #forgetOldest(): void {
    for (const key of this.#streams.keys()) {
      if (this.#streams.size <= STREAMS_KEPT_MAX) return;
      this.#streams.delete(key);
    }
  }
}

/** Whether nothing from `facts.lastMicros` to `micros` is a silence: heartbeats were promised, and no end was told. */
export function isSilence(facts: ObserverFacts, micros: number): boolean {
  const { intervalMs, isStopped, lastMicros } = facts;
  if (intervalMs === undefined || isStopped) return false;
  return micros - lastMicros > intervalMs * SILENT_INTERVALS * 1_000;
}
