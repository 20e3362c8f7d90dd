import { setTimeout as delay } from 'node:timers/promises';
import { PACE_LAG_RECORDS_MAX, PACE_LAG_RECORDS_MIN, PACE_STEP_MS, PACE_WAIT_MS_MAX } from '../limits.ts';
import type { DoorCounters } from './door-counters.ts';

/**
 * Holds a request back for a moment while search lags behind the ledger. Both share the processor: without this a burst
 * would be taken faster than it can be indexed, and the newest records, the ones that somebody looks for in an incident,
 * would be found later and later. A lag past the upper bound is no burst but an index that catches up (a rebuild), and
 * is not waited for; nor is one that stands still.
 */
export class Pacing {
  readonly #lagRecords: () => number;
  readonly #counters: Pick<DoorCounters, 'heldBack'>;

  /** `lagRecords` tells how many durable records a search does not find yet; 0 where the index does not follow. */
  constructor(lagRecords: () => number, counters: Pick<DoorCounters, 'heldBack'>) {
    this.#lagRecords = lagRecords;
    this.#counters = counters;
  }

  #isDue(): boolean {
    const lag = this.#lagRecords();
    return lag >= PACE_LAG_RECORDS_MIN && lag < PACE_LAG_RECORDS_MAX;
  }

  /** Resolves when the next request may be read, PACE_WAIT_MS_MAX later at the latest. */
  async turn(): Promise<void> {
    if (!this.#isDue()) return;
    this.#counters.heldBack += 1;
    for (let waitedMs = 0; waitedMs < PACE_WAIT_MS_MAX && this.#isDue(); waitedMs += PACE_STEP_MS) {
      await delay(PACE_STEP_MS);
    }
  }
}
