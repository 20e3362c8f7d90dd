/**
 * Epoch microseconds for receive times. The system's clock has milliseconds; between two of them the monotonic clock
 * counts on. It follows the system's clock when that is set, and never gives a time twice.
 */
export function makeReceiveClock(
  systemMs: () => number = Date.now,
  monotonicNs: () => bigint = () => process.hrtime.bigint(),
): () => number {
  let anchorMicros = systemMs() * 1_000;
  let anchorNs = monotonicNs();
  let last = 0;
  return () => {
    const system = systemMs() * 1_000;
    const ns = monotonicNs();
    let micros = anchorMicros + Number((ns - anchorNs) / 1_000n);
    // Within the same millisecond the two agree; further apart the system's clock was set or has drifted away.
    if (micros < system - 1_000 || micros > system + 2_000) {
      anchorMicros = system;
      anchorNs = ns;
      micros = system;
    }
    // A clock set back by more than a second is followed; small steps back must not reorder receive times.
    if (micros <= last && last - micros < 1_000_000) micros = last + 1;
    last = micros;
    return micros;
  };
}
