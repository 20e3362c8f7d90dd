const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Widths that people read easily, each a whole number of the next smaller unit, in milliseconds. */
const NICE_INTERVALS_MS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR_MS),
  ...[1, 2, 7, 14, 30].map((n) => n * DAY_MS),
];

/**
 * The smallest nice width of at least a second with which the range takes at most `buckets` of them; past 30 days, whole
 * multiples of 30 days.
 */
export function niceIntervalMs(rangeMs: number, buckets: number): number {
  // One more bucket than the range divided by the width: its ends seldom lie on a bucket's edge.
  const fits = (interval: number) => Math.floor(rangeMs / interval) + 1 <= buckets;
  const month = 30 * DAY_MS;
  return NICE_INTERVALS_MS.find(fits) ?? month * Math.ceil(rangeMs / month / Math.max(1, buckets - 1));
}
