import type { AccessRecord } from '../record.ts';
import { microsFromTimestamp } from '../timestamps.ts';

/** The time that a batch's records cover, by the observer's clock. */
export type BatchSpan = {
  readonly first: string;
  readonly last: string;
  /** Stretches of at least GAP_MICROS_MIN between a record and the next later one. */
  readonly gaps: readonly (readonly [from: string, to: string])[];
  /** As the batch's first heartbeat tells it. */
  readonly heartbeatMs?: number;
};

/** Records that say something of the ledger itself, which verification looks into: losses, ends, prunings, keys. */
export type Mark = { readonly line: number; readonly record: AccessRecord };

/** Shorter gaps are never told as silence: four times the default interval between heartbeats. */
export const GAP_MICROS_MIN = 60_000_000;
/** Gaps kept of one batch. */
export const GAPS_MAX = 256;

const MARKED: ReadonlySet<string> = new Set(['records-lost', 'capture-stopped', 'pruned', 'config-changed']);

/** Whether an action is one of those that are looked into. */
export function isMarked(action: string): boolean {
  return MARKED.has(action);
}

export function microsBetween(from: string, to: string): number {
  return (microsFromTimestamp(to) ?? 0) - (microsFromTimestamp(from) ?? 0);
}

export function isGap(from: string, to: string): boolean {
  return microsBetween(from, to) >= GAP_MICROS_MIN;
}

/** The interval that a heartbeat promises; undefined where it tells none. */
export function heartbeatMsOf(record: AccessRecord): number | undefined {
  const value = Number(record.labels?.['interval_ms']);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** Takes a batch's records one by one. */
export class SpanMeter {
  #first = '';
  #last = '';
  #heartbeatMs: number | undefined;
  readonly #gaps: (readonly [string, string])[] = [];

  time(timestamp: string): void {
    if (this.#first === '') this.#first = this.#last = timestamp;
    if (timestamp < this.#first) this.#first = timestamp;
    if (timestamp <= this.#last) return;
    if (this.#gaps.length < GAPS_MAX && isGap(this.#last, timestamp)) this.#gaps.push([this.#last, timestamp]);
    this.#last = timestamp;
  }

  heartbeat(record: AccessRecord): void {
    this.#heartbeatMs ??= heartbeatMsOf(record);
  }

  /** undefined where no record could be read. */
  span(): BatchSpan | undefined {
    if (this.#first === '') return undefined;
    const span = { first: this.#first, last: this.#last, gaps: this.#gaps };
    return this.#heartbeatMs === undefined ? span : { ...span, heartbeatMs: this.#heartbeatMs };
  }
}
