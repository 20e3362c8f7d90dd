import type { Libbpf } from './libbpf.ts';
import { CLOCK_INTERVAL_MS, CLOCK_TRIES } from './limits.ts';

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const NS_PER_SECOND = 1_000_000_000;
const NS_PER_MS = 1_000_000;

/** Turns the kernel's event times (CLOCK_MONOTONIC) into epoch time, following steps of the wall clock. */
export class WallClock {
  readonly #libbpf: Libbpf;
  readonly #time = new BigInt64Array(2);
  #offsetMicros = 0;
  #measuredNs = 0;

  constructor(libbpf: Libbpf) {
    this.#libbpf = libbpf;
    this.#measure();
  }

  /** CLOCK_MONOTONIC now, nanoseconds. Measures the offset anew if that is due. */
  nowNs(): number {
    const now = this.#read(CLOCK_MONOTONIC);
    if (now - this.#measuredNs >= CLOCK_INTERVAL_MS * NS_PER_MS) this.#measure();
    return now;
  }

  /** Epoch microseconds of a CLOCK_MONOTONIC time in nanoseconds. */
  epochMicros(monotonicNs: number): number {
    return Math.floor(monotonicNs / 1_000 + this.#offsetMicros);
  }

  /** The reading between the two closest readings of the other clock is the truest. */
  #measure(): void {
    let best = Infinity;
    for (let i = 0; i < CLOCK_TRIES; i++) {
      const before = this.#read(CLOCK_MONOTONIC);
      const real = this.#read(CLOCK_REALTIME);
      const after = this.#read(CLOCK_MONOTONIC);
      if (after - before < best) {
        best = after - before;
        this.#offsetMicros = (real - (before + after) / 2) / 1_000;
      }
      this.#measuredNs = after;
    }
  }

  /** Epoch nanoseconds do not fit a double exactly: they are true to a quarter of a microsecond. */
  #read(clock: number): number {
    this.#libbpf.clock(clock, this.#time);
    return Number(this.#time[0]) * NS_PER_SECOND + Number(this.#time[1]);
  }
}
