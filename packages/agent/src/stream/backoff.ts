import { RETRY_FIRST_MS, RETRY_LONGEST_MS } from '../limits.ts';

/** Doubling pauses up to a cap, half of each random, so that agents do not come back all at once. */
export class Backoff {
  readonly #random: () => number;
  #tries = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  reset(): void {
    this.#tries = 0;
  }

  /** Milliseconds to wait before the next try. */
  next(): number {
    const whole = Math.min(RETRY_FIRST_MS * 2 ** Math.min(this.#tries, 30), RETRY_LONGEST_MS);
    this.#tries += 1;
    return whole / 2 + (whole / 2) * this.#random();
  }
}
