import type { HistogramAnswer, HistogramBucket } from '../api/aggregates.ts';
import type { ActionGroup } from '../record/action-groups.ts';
import { ACTION_GROUPS, groupOfAction } from '../record/action-groups.ts';
import type { TimeBounds } from '../state/time-range.ts';
import { HISTOGRAM_BUCKETS_MAX } from '../limits.ts';

type GroupCounts = Readonly<Record<ActionGroup, number>>;

/** One bar: its start, and how many of each group. */
type Bar = { readonly startMs: number; readonly total: number; readonly counts: GroupCounts };

export type HistogramSeries = {
  readonly intervalMs: number;
  readonly bars: readonly Bar[];
  readonly totals: GroupCounts;
};

const NO_COUNTS: GroupCounts = { opened: 0, closed: 0, failed: 0, other: 0 };

/** Groups the actions and fills the empty stretches, so that quiet times look quiet. */
export function histogramSeries(answer: HistogramAnswer, bounds: TimeBounds, nowMs: number): HistogramSeries {
  const first = answer.buckets[0];
  const last = answer.buckets.at(-1);
  const step = answer.intervalMs;
  const fromMs = bounds.fromMs ?? first?.startMs;
  const toMs = bounds.toMs ?? (last === undefined ? nowMs : Math.max(nowMs, last.startMs));
  if (fromMs === undefined || step <= 0) return { intervalMs: step, bars: [], totals: NO_COUNTS };
  // With no bar to go by, bars begin where the server would begin them: at whole intervals since the epoch.
  const anchor = first?.startMs ?? Math.floor(fromMs / step) * step;
  const start = Math.min(anchor, anchor + Math.floor((fromMs - anchor) / step) * step);
  const byStart = new Map(answer.buckets.map((bucket) => [bucket.startMs, bucket]));
  const count = Math.min(HISTOGRAM_BUCKETS_MAX, Math.max(1, Math.floor((toMs - start) / step) + 1));
  const bars = Array.from({ length: count }, (_, at) => {
    const startMs = start + at * step;
    return barOf(startMs, byStart.get(startMs));
  });
  const totals = { ...NO_COUNTS };
  for (const bar of bars) for (const group of ACTION_GROUPS) totals[group] += bar.counts[group];
  return { intervalMs: step, bars, totals };
}

function barOf(startMs: number, bucket: HistogramBucket | undefined): Bar {
  if (bucket === undefined) return { startMs, total: 0, counts: NO_COUNTS };
  const counts = { ...NO_COUNTS };
  let named = 0;
  for (const [action, count] of Object.entries(bucket.byAction)) {
    counts[groupOfAction(action)] += count;
    named += count;
  }
  counts.other += Math.max(0, bucket.count - named);
  return { startMs, total: bucket.count, counts };
}

/**
 * Columns for a stacked chart: x in epoch seconds, then for each group the height of its top edge. Drawn from the
 * last group to the first, each bar covers the lower part of the one before.
 */
export function stackedColumns(series: HistogramSeries, shown: ReadonlySet<ActionGroup>): readonly number[][] {
  const xs = series.bars.map((bar) => bar.startMs / 1_000);
  const columns: number[][] = [];
  const heights = series.bars.map(() => 0);
  for (const group of ACTION_GROUPS) {
    series.bars.forEach((bar, at) => {
      if (shown.has(group)) heights[at] = (heights[at] ?? 0) + bar.counts[group];
    });
    columns.push([...heights]);
  }
  return [xs, ...columns.toReversed()];
}

/** The upper end of the count axis: never zero, so that an empty chart keeps its shape. */
export function countAxisMax(highest: number): number {
  if (highest <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(highest));
  const steps = [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9, 10];
  return (steps.find((step) => step * power >= highest) ?? 10) * power;
}
