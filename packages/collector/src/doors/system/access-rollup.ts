import type { Principal } from '../../auth/principal.ts';
import type { Reading } from '../../auth/audit-trail.ts';
import {
  ACCESS_GATHER_MS,
  ACCESS_RECORD_QUERY_BYTES_MAX,
  ACCESS_RECORD_QUESTIONS_MAX,
  ACCESS_ROLLUP_MS,
  ACCESS_ROLLUP_PRINCIPALS_MAX,
  ACCESS_ROLLUP_QUESTIONS_MAX,
} from '../../limits.ts';
import { queryLabel } from './reading-labels.ts';

/** What one principal read over a stretch of time. */
export type RolledReads = {
  readonly principal: Principal;
  /** Different ones, in the order they were first asked. */
  readonly readings: readonly Reading[];
  /** Reads in all. */
  readonly count: number;
  readonly windowUs: number;
};

type Asked = { readonly reading: Reading; count: number };

/** Questions by what they ask, with how often. */
class Questions {
  readonly #asked = new Map<string, Asked>();
  #sinceMs = 0;
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#asked.size === 0;
  }

  /** Whether a record of all this can tell of the question as well. */
  fits(reading: Reading): boolean {
    if (this.#asked.has(keyOf(reading))) return true;
    return (
      this.#bytes + bytesOf(reading) <= ACCESS_RECORD_QUERY_BYTES_MAX && this.#asked.size < ACCESS_RECORD_QUESTIONS_MAX
    );
  }

  add(reading: Reading, nowMs: number): void {
    if (this.#asked.size === 0) this.#sinceMs = nowMs;
    const asked = this.#asked.get(keyOf(reading));
    if (asked !== undefined) {
      asked.count += 1;
      return;
    }
    this.#asked.set(keyOf(reading), { reading, count: 1 });
    this.#bytes += bytesOf(reading);
  }

  ageMs(nowMs: number): number {
    return nowMs - this.#sinceMs;
  }

  /** Takes all out, the first that was asked first. */
  take(principal: Principal, nowMs: number): RolledReads | undefined {
    if (this.#asked.size === 0) return undefined;
    const asked = [...this.#asked.values()];
    const windowUs = Math.max(0, Math.round(this.ageMs(nowMs) * 1_000));
    this.#asked.clear();
    this.#bytes = 0;
    const count = asked.reduce((sum, one) => sum + one.count, 0);
    return { principal, readings: asked.map(({ reading }) => reading), count, windowUs };
  }
}

/** Of the question in a record's label, with the mark between it and the next. */
function bytesOf({ query }: Reading): number {
  return Buffer.byteLength(queryLabel(query)) + 1;
}

function keyOf({ kind, query, field }: Reading): string {
  return `${kind}\n${field ?? ''}\n${query}`;
}

/** One principal's reads since it began to read. */
type Window = {
  readonly principal: Principal;
  readonly startedMs: number;
  /** Asked for the first time in this window and not recorded yet. */
  readonly fresh: Questions;
  /** Recorded in this window already. */
  readonly told: Set<string>;
  /** Asked again since. */
  readonly repeated: Questions;
};

/**
 * Keeps a console from flooding the ledger, without leaving a read out. What a principal asks within a second, such as
 * the dozen questions of a page, is one record; what it asks again within a minute is one more, with their number.
 */
export class AccessRollup {
  readonly #windows = new Map<string, Window>();

  /** Takes a read in; returns what a record has no more room beside. */
  add(principal: Principal, reading: Reading, nowMs: number): RolledReads | undefined {
    const window = this.#windowOf(principal, nowMs);
    if (window === undefined) return { principal, readings: [reading], count: 1, windowUs: 0 };
    if (window.told.has(keyOf(reading))) {
      const full = window.repeated.fits(reading) ? undefined : window.repeated.take(principal, nowMs);
      window.repeated.add(reading, nowMs);
      return full;
    }
    const full = window.fresh.fits(reading) ? undefined : takeFresh(window, nowMs);
    window.fresh.add(reading, nowMs);
    return full;
  }

  /** Takes out what is due by `nowMs`; with `isAll` everything. */
  due(nowMs: number, isAll = false): RolledReads[] {
    const due: RolledReads[] = [];
    for (const [key, window] of this.#windows) {
      if (isAll || window.fresh.ageMs(nowMs) >= ACCESS_GATHER_MS) {
        const fresh = takeFresh(window, nowMs);
        if (fresh !== undefined) due.push(fresh);
      }
      if (!isAll && nowMs - window.startedMs < ACCESS_ROLLUP_MS) continue;
      const repeated = window.repeated.take(window.principal, nowMs);
      if (repeated !== undefined) due.push(repeated);
      if (window.fresh.isEmpty) this.#windows.delete(key);
    }
    return due;
  }

  #windowOf(principal: Principal, nowMs: number): Window | undefined {
    const key = `${principal.kind}\n${principal.name}`;
    const held = this.#windows.get(key);
    if (held !== undefined) return held;
    if (this.#windows.size >= ACCESS_ROLLUP_PRINCIPALS_MAX) return undefined;
    const window = {
      principal,
      startedMs: nowMs,
      fresh: new Questions(),
      told: new Set<string>(),
      repeated: new Questions(),
    };
    this.#windows.set(key, window);
    return window;
  }
}

function takeFresh(window: Window, nowMs: number): RolledReads | undefined {
  const fresh = window.fresh.take(window.principal, nowMs);
  // Of a principal with very many questions the oldest are forgotten: asked again, they are recorded again.
  for (const reading of fresh?.readings ?? []) {
    if (window.told.size >= ACCESS_ROLLUP_QUESTIONS_MAX) {
      const [oldest = ''] = window.told;
      window.told.delete(oldest);
    }
    window.told.add(keyOf(reading));
  }
  return fresh;
}
