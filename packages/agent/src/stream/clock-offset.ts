import { CLOCK_SAMPLES } from '../limits.ts';

type Sample = { readonly offsetMicros: number; readonly roundTripMicros: number };

/**
 * How far the collector's clock is ahead of this host's, from the receive time in its replies: taken to lie midway
 * between sending and hearing back, so off by at most half a round trip. The shortest of the latest round trips counts.
 */
export class ClockOffset {
  #samples: readonly Sample[] = [];

  /** @param sentMs @param repliedMs this host's clock, milliseconds since the epoch */
  observe(sentMs: number, repliedMs: number, receivedMicros: number): void {
    const offsetMicros = Math.round(receivedMicros - ((sentMs + repliedMs) / 2) * 1000);
    const roundTripMicros = (repliedMs - sentMs) * 1000;
    // A clock that was set back meanwhile measures nothing.
    if (roundTripMicros < 0) return;
    this.#samples = [...this.#samples, { offsetMicros, roundTripMicros }].slice(-CLOCK_SAMPLES);
  }

  /** Microseconds to add to this host's time to get the collector's; undefined before the first reply. */
  get micros(): number | undefined {
    let best: Sample | undefined;
    for (const sample of this.#samples) {
      if (best === undefined || sample.roundTripMicros <= best.roundTripMicros) best = sample;
    }
    return best?.offsetMicros;
  }
}
