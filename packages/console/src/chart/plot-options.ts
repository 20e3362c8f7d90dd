import type { RefObject } from 'react';
import uPlot from 'uplot';
import type { ActionGroup } from '../record/action-groups.ts';
import { ACTION_GROUPS, GROUP_LABELS } from '../record/action-groups.ts';
import { formatCount, splitTime } from '../record/formats.ts';
import type { TimeZoneMode } from '../record/formats.ts';
import { countAxisMax } from './histogram-series.ts';

export type PlotEvents = {
  readonly zoom: (fromMs: number, toMs: number) => void;
  readonly hover: (bar: number | undefined) => void;
};

export type ChartColours = Readonly<Record<ActionGroup | 'text' | 'grid', string>>;

export function readChartColours(element: Element): ChartColours {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return {
    opened: colour('--opened-fill'),
    closed: colour('--closed-fill'),
    failed: colour('--failed-fill'),
    other: colour('--other-fill'),
    text: colour('--text-3'),
    grid: colour('--line'),
  };
}

type PlotSetting = {
  readonly width: number;
  readonly height: number;
  readonly zone: TimeZoneMode;
  readonly colours: ChartColours;
  readonly events: RefObject<PlotEvents>;
  readonly intervalSeconds: () => number;
};

/** Drags shorter than this (CSS px) are clicks. */
const DRAG_MIN = 4;

export function plotOptions(setting: PlotSetting): uPlot.Options {
  const { colours, events, intervalSeconds } = setting;
  return {
    width: setting.width,
    height: setting.height,
    padding: [6, 22, 0, 0],
    legend: { show: false },
    cursor: { points: { show: false }, y: false, drag: { x: true, y: false, setScale: false } },
    tzDate: (seconds) =>
      setting.zone === 'utc' ? uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC') : new Date(seconds * 1_000),
    scales: {
      // A bar stands to the right of its start, so the axis ends one interval after the last.
      x: { time: true, range: (_plot, min, max) => [min ?? 0, (max ?? 0) + intervalSeconds()] },
      y: { range: (_plot, _min, max) => [0, countAxisMax((max ?? 0) * 1.04)] },
    },
    axes: [timeAxis(setting), countAxis(colours)],
    series: [{}, ...ACTION_GROUPS.toReversed().map((group) => barSeries(group, colours))],
    hooks: {
      setSelect: [
        (plot) => {
          if (plot.select.width < DRAG_MIN) return;
          const from = plot.posToVal(plot.select.left, 'x') * 1_000;
          const to = plot.posToVal(plot.select.left + plot.select.width, 'x') * 1_000;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          events.current.zoom(from, to);
        },
      ],
      setCursor: [(plot) => events.current.hover(hoveredBar(plot, intervalSeconds()))],
    },
  };
}

/** The bar whose interval holds the pointer; uPlot's own index is that of the nearest start. */
function hoveredBar(plot: uPlot, intervalSeconds: number): number | undefined {
  const { left } = plot.cursor;
  const first = plot.data[0][0];
  if (left === undefined || left < 0 || first === undefined) return undefined;
  const bar = Math.floor((plot.posToVal(left, 'x') - first) / intervalSeconds);
  return bar >= 0 && bar < plot.data[0].length ? bar : undefined;
}

function barSeries(group: ActionGroup, colours: ChartColours): uPlot.Series {
  const bars = uPlot.paths.bars?.({ size: [0.86, 28], align: 1 });
  return {
    label: GROUP_LABELS[group],
    fill: colours[group],
    stroke: colours[group],
    width: 0,
    points: { show: false },
    ...(bars === undefined ? {} : { paths: bars }),
  };
}

const AXIS_FONT = '11px system-ui, sans-serif';

function timeAxis({ colours, zone }: PlotSetting): uPlot.Axis {
  return {
    stroke: colours.text,
    font: AXIS_FONT,
    size: 24,
    gap: 3,
    space: 90,
    grid: { show: false },
    ticks: { stroke: colours.grid, width: 1, size: 4 },
    values: (plot, splits, _axis, _space, stepSeconds) =>
      splits.map((seconds) => {
        if (plot.data[0].length === 0) return '';
        const { date, time } = splitTime(new Date(seconds * 1_000).toISOString(), zone);
        if (stepSeconds >= 86_400) return date.slice(5);
        const clock = time.slice(0, stepSeconds >= 60 ? 5 : stepSeconds >= 1 ? 8 : 12);
        return clock === '00:00' ? date.slice(5) : clock;
      }),
  };
}

function countAxis(colours: ChartColours): uPlot.Axis {
  return {
    stroke: colours.text,
    font: AXIS_FONT,
    size: 44,
    gap: 4,
    space: 28,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { show: false },
    incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 1e8],
    values: (_plot, splits) => splits.map((value) => (value >= 10_000 ? `${value / 1_000}k` : formatCount(value))),
  };
}
