import { SYSTEM_RETENTION_CLASS } from '@portledger/format';
import { SEGMENT_AGE_MS_MAX } from '../ledger/limits.ts';
import type { RetentionState } from './retention-state.ts';
import type { SegmentSummary } from './segment-census.ts';

/** A segment and the age that its records have to reach. */
export type AgedSegment = { readonly segment: SegmentSummary; readonly ageMs: number };

/** When all of a segment's records have reached their age, by event time and by the time of sealing. */
function dueMicros({ segment, ageMs }: AgedSegment): number {
  return Math.max(segment.newestMicros, segment.lastSealedMicros) + ageMs * 1_000;
}

/** Segments whose records are stored and not told to be pruned, with their ages. What is kept for good is not among them. */
function agedSegments(state: RetentionState): readonly AgedSegment[] {
  return state.census
    .segments()
    .filter(
      ({ class: name, segment }) => name !== SYSTEM_RETENTION_CLASS && state.noticeOf(name, segment) === undefined,
    )
    .map((segment) => ({ segment, ageMs: state.history.ageMs(segment.class, segment.lastSealedMicros) }))
    .filter(({ ageMs }) => ageMs !== Infinity);
}

/** Segments that have reached their age and that nothing is written to any more. */
export function dueSegments(state: RetentionState, nowMicros: number): readonly AgedSegment[] {
  return agedSegments(state).filter(
    (aged) => dueMicros(aged) < nowMicros && !isBeingWritten(state, aged.segment, nowMicros),
  );
}

/** The last segment of a class takes more blocks until it is a day old; then the next block begins another. */
function isBeingWritten(state: RetentionState, segment: SegmentSummary, nowMicros: number): boolean {
  return state.census.isLastOfClass(segment) && nowMicros - segment.firstSealedMicros < SEGMENT_AGE_MS_MAX * 1_000;
}

/** What a class has stored, and what of it would go. */
export type ClassPlan = {
  readonly class: string;
  /** As it is now; Infinity where records are kept for good. */
  readonly ageMs: number;
  readonly stored: Amount;
  readonly due: Amount;
  /** Of those due: kept by a hold. */
  readonly held: Amount;
  /** Event times of what would go, epoch microseconds; absent where nothing would. */
  readonly oldestMicros?: number;
  readonly newestMicros?: number;
  /** When the next segment that is not due yet will be; absent where there is none. */
  readonly nextDueMicros?: number;
};

export type Amount = { readonly segments: number; readonly records: number; readonly bytes: number };

export function amountOf(segments: readonly SegmentSummary[]): Amount {
  const sum = (value: (segment: SegmentSummary) => number): number =>
    segments.reduce((total, segment) => total + value(segment), 0);
  return { segments: segments.length, records: sum(({ records }) => records), bytes: sum(({ bytes }) => bytes) };
}

/** What would go at `nowMicros`, class by class. `heldBy` names the holds on a segment that is due. */
export function classPlans(
  state: RetentionState,
  nowMicros: number,
  heldBy: ReadonlyMap<SegmentSummary, readonly string[]>,
): readonly ClassPlan[] {
  const stored = state.census
    .segments()
    .filter(({ class: name, segment }) => state.noticeOf(name, segment) === undefined);
  const due = new Set(dueSegments(state, nowMicros).map(({ segment }) => segment));
  const waiting = agedSegments(state).filter(({ segment }) => !due.has(segment));
  const names = [...new Set(stored.map(({ class: name }) => name))].sort();
  return names.map((name) => {
    const own = stored.filter((segment) => segment.class === name);
    const dueOwn = own.filter((segment) => due.has(segment));
    const going = dueOwn.filter((segment) => (heldBy.get(segment) ?? []).length === 0);
    const plan: { -readonly [K in keyof ClassPlan]: ClassPlan[K] } = {
      class: name,
      ageMs: name === SYSTEM_RETENTION_CLASS ? Infinity : state.history.ageMs(name, nowMicros),
      stored: amountOf(own),
      due: amountOf(dueOwn),
      held: amountOf(dueOwn.filter((segment) => !going.includes(segment))),
    };
    if (going.length > 0) {
      plan.oldestMicros = Math.min(...going.map(({ oldestMicros }) => oldestMicros));
      plan.newestMicros = Math.max(...going.map(({ newestMicros }) => newestMicros));
    }
    const next = waiting.filter(({ segment }) => segment.class === name).map(dueMicros);
    if (next.length > 0) plan.nextDueMicros = Math.min(...next);
    return plan;
  });
}
