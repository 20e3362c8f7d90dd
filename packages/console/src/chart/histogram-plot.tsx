import { useEffect, useRef } from 'react';
import type { ReactElement } from 'react';
import uPlot from 'uplot';
import type { ActionGroup } from '../record/action-groups.ts';
import type { TimeZoneMode } from '../record/formats.ts';
import type { HistogramSeries } from './histogram-series.ts';
import { stackedColumns } from './histogram-series.ts';
import { plotOptions, readChartColours } from './plot-options.ts';
import type { PlotEvents } from './plot-options.ts';

type HistogramPlotProps = {
  readonly series: HistogramSeries;
  readonly shown: ReadonlySet<ActionGroup>;
  readonly zone: TimeZoneMode;
  readonly zoom: (fromMs: number, toMs: number) => void;
  readonly hover: (bar: number | undefined) => void;
};

/** Height of the drawing (CSS px); fixed in the style sheet too, so that nothing moves while it loads. */
const PLOT_HEIGHT = 112;

/** Drawn on a canvas, with colours read once from the style sheet: a change of theme needs a new one (give it as key). */
export function HistogramPlot({ series, shown, zone, zoom, hover }: HistogramPlotProps): ReactElement {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const events = useRef<PlotEvents>({ zoom, hover });
  const latest = useRef({ series, shown });
  useEffect(() => {
    events.current = { zoom, hover };
  });

  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const options = plotOptions({
      width: element.clientWidth,
      height: PLOT_HEIGHT,
      zone,
      colours: readChartColours(element),
      events,
      intervalSeconds: () => latest.current.series.intervalMs / 1_000,
    });
    const drawn = new uPlot(options, columnsOf(latest.current.series, latest.current.shown), element);
    plot.current = drawn;
    const observer = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: PLOT_HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [zone]);

  useEffect(() => {
    latest.current = { series, shown };
    plot.current?.setData(columnsOf(series, shown));
  }, [series, shown]);

  return <div className="plot" ref={host} aria-hidden="true" />;
}

function columnsOf(series: HistogramSeries, shown: ReadonlySet<ActionGroup>): uPlot.AlignedData {
  const [xs = [], ...heights] = stackedColumns(series, shown);
  return [xs, ...heights];
}
