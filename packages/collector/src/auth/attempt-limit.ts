import { SIGN_IN_FAILURE_ADDRESSES_MAX, SIGN_IN_FAILURE_WINDOW_MS, SIGN_IN_FAILURES_MAX } from '../limits.ts';

/** Counts failed sign-ins by address in fixed windows. */
export class AttemptLimit {
  readonly #failures = new Map<string, { startedMs: number; count: number }>();

  /** Milliseconds that this address has to wait; 0 when it may try. */
  waitMs(address: string, nowMs: number): number {
    const window = this.#failures.get(address);
    if (window === undefined || window.count < SIGN_IN_FAILURES_MAX) return 0;
    return Math.max(0, window.startedMs + SIGN_IN_FAILURE_WINDOW_MS - nowMs);
  }

  failed(address: string, nowMs: number): void {
    const window = this.#failures.get(address);
    if (window !== undefined && nowMs < window.startedMs + SIGN_IN_FAILURE_WINDOW_MS) {
      window.count += 1;
      return;
    }
    this.#failures.delete(address);
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size < SIGN_IN_FAILURE_ADDRESSES_MAX) break;
      this.#failures.delete(oldest);
    }
    this.#failures.set(address, { startedMs: nowMs, count: 1 });
  }
}
