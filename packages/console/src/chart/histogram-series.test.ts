import { describe, expect, test } from 'vitest';
import { countAxisMax, histogramSeries, stackedColumns } from './histogram-series.ts';

const answer = {
  intervalMs: 60_000,
  total: 9,
  buckets: [
    { startMs: 120_000, count: 5, byAction: { 'connection-accepted': 2, 'connection-refused': 1, heartbeat: 1 } },
    { startMs: 240_000, count: 4, byAction: { 'connection-closed': 4 } },
  ],
};

describe('the histogram', () => {
  test('groups actions, counts the unnamed as other, and fills quiet stretches', () => {
    const series = histogramSeries(answer, { fromMs: 30_000, toMs: 300_000 }, 1_000_000);
    expect(series.bars.map((bar) => bar.startMs)).toEqual([0, 60_000, 120_000, 180_000, 240_000, 300_000]);
    expect(series.bars[2]?.counts).toEqual({ opened: 2, closed: 0, failed: 1, other: 2 });
    expect(series.totals).toEqual({ opened: 2, closed: 4, failed: 1, other: 2 });
  });

  test('reaches up to now when the range is open', () => {
    expect(histogramSeries(answer, {}, 310_000).bars.map((bar) => bar.startMs)).toEqual([
      120_000, 180_000, 240_000, 300_000,
    ]);
    expect(histogramSeries({ intervalMs: 1_000, total: 0, buckets: [] }, {}, 0).bars).toEqual([]);
  });

  test('keeps its range when nothing was found', () => {
    const none = histogramSeries({ intervalMs: 60_000, total: 0, buckets: [] }, { fromMs: 90_000, toMs: 200_000 }, 0);
    expect(none.bars.map((bar) => bar.startMs)).toEqual([60_000, 120_000, 180_000]);
  });

  test('stacks in reverse, leaving out what is hidden', () => {
    const series = histogramSeries(answer, { fromMs: 120_000, toMs: 120_000 }, 0);
    expect(stackedColumns(series, new Set(['opened', 'closed', 'failed', 'other']))).toEqual([
      [120],
      [5],
      [3],
      [2],
      [2],
    ]);
    expect(stackedColumns(series, new Set(['failed']))).toEqual([[120], [1], [1], [0], [0]]);
  });

  test('never draws without bound', () => {
    const far = histogramSeries({ ...answer, intervalMs: 1 }, { fromMs: 0, toMs: 1e12 }, 0);
    expect(far.bars).toHaveLength(2_000);
  });

  test.each([
    [0, 4],
    [4, 4],
    [5, 5],
    [11, 12],
    [99, 100],
    [100, 100],
    [61_000, 70_000],
  ])('an axis for %d ends at %d', (highest, end) => expect(countAxisMax(highest)).toBe(end));
});
