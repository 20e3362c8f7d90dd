import type { Principal } from '../../auth/principal.ts';
import type { Reading } from '../../auth/audit-trail.ts';
import { ACCESS_ROLLUP_KEYS_MAX, ACCESS_ROLLUP_MS } from '../../limits.ts';

/** Identical reads by one principal: how many after the first, and over how long. */
export type RolledReading = {
  readonly principal: Principal;
  readonly reading: Reading;
  readonly count: number;
  readonly windowUs: number;
};

type Window = { readonly principal: Principal; readonly reading: Reading; readonly startedMs: number; repeats: number };

/**
 * Keeps a polling console from flooding the ledger: the first read of a kind is reported at once, its repeats within
 * the next 60 s as one with a count. Different questions are never rolled into one.
 */
export class AccessRollup {
  readonly #windows = new Map<string, Window>();

  /** Whether this read has to be recorded now; otherwise it was counted. */
  isFirst(principal: Principal, reading: Reading, nowMs: number): boolean {
    const key = `${principal.kind}\n${principal.name}\n${reading.kind}\n${reading.query}`;
    const window = this.#windows.get(key);
    if (window !== undefined) {
      window.repeats += 1;
      return false;
    }
    if (this.#windows.size < ACCESS_ROLLUP_KEYS_MAX)
      this.#windows.set(key, { principal, reading, startedMs: nowMs, repeats: 0 });
    return true;
  }

  /** Takes out the windows that have ended by `nowMs` and hold repeats; with `isAll` every window. */
  ended(nowMs: number, isAll = false): RolledReading[] {
    const rolled: RolledReading[] = [];
    for (const [key, window] of this.#windows) {
      const openMs = nowMs - window.startedMs;
      if (!isAll && openMs < ACCESS_ROLLUP_MS) continue;
      this.#windows.delete(key);
      const { principal, reading, repeats } = window;
      if (repeats > 0)
        rolled.push({ principal, reading, count: repeats, windowUs: Math.max(0, Math.round(openMs * 1_000)) });
    }
    return rolled;
  }
}
