import { SequenceRanges } from '@portledger/format';
import type { SequenceRange } from '@portledger/format';
import { STREAM_HOLES_MAX } from './limits.ts';

/** Numbers that are missing; `micros` is the event time of what came after them. */
export type Hole = SequenceRange & { readonly micros: number };

/** What is known of one stream of an observer. Times are event times in epoch microseconds. */
export type StreamState = {
  readonly observer: string;
  readonly session: string;
  readonly next: number;
  readonly holes: readonly Hole[];
  /** Holes of which a `records-lost` record tells. */
  readonly told: readonly SequenceRange[];
  readonly isSigned: boolean;
  /** Signed batches after the first that named none before them. */
  readonly chainBreaks: number;
  readonly firstMicros: number;
  readonly lastMicros: number;
  /** The observer's running total of events seen. */
  readonly seen: number;
};

/** What is known of an observer over its streams. */
export type ObserverFacts = {
  readonly observer: string;
  readonly lastMicros: number;
  /** Milliseconds between its heartbeats; absent where it promised none. */
  readonly intervalMs?: number;
  readonly isStopped: boolean;
  readonly mode?: string;
  readonly covers?: string;
  readonly misses?: string;
};

export function newStream(observer: string, session: string, micros: number): StreamState {
  const times = { firstMicros: micros, lastMicros: micros };
  return { observer, session, next: 0, holes: [], told: [], isSigned: false, chainBreaks: 0, ...times, seen: 0 };
}

/** Takes the numbers `first` to `first + count - 1` as held. */
export function withNumbers(stream: StreamState, first: number, count: number, micros: number): StreamState {
  const ranges = new SequenceRanges(stream.next, stream.holes);
  ranges.add(first, count, STREAM_HOLES_MAX);
  const holes =
    stream.holes.length === 0 && ranges.holes.length === 0
      ? stream.holes
      : ranges.holes.map(({ from, to }) => ({ from, to, micros: foundAt(stream.holes, from, micros) }));
  return {
    ...stream,
    next: ranges.next,
    holes,
    firstMicros: Math.min(stream.firstMicros, micros),
    lastMicros: Math.max(stream.lastMicros, micros),
  };
}

function foundAt(holes: readonly Hole[], from: number, micros: number): number {
  return holes.find((hole) => hole.from <= from && from < hole.to)?.micros ?? micros;
}

/** Holes that no record tells of yet. */
export function untold({ holes, told }: StreamState): readonly Hole[] {
  if (holes.length === 0) return holes;
  return holes.filter(({ from, to }) => !told.some((range) => range.from <= from && to <= range.to));
}
