import { useMemo, useState } from 'react';
import type { ReactElement } from 'react';
import type { useHistogram } from '../api/queries.ts';
import { Icon } from '../page/icon.tsx';
import type { ActionGroup } from '../record/action-groups.ts';
import { ACTION_GROUPS } from '../record/action-groups.ts';
import { formatCount } from '../record/formats.ts';
import type { Theme } from '../state/use-theme.ts';
import { betweenRange } from '../state/time-range.ts';
import { useReading, useView } from '../state/view-context.ts';
import { ReadingSwitches } from '../table/reading-switches.tsx';
import { ChartLegend } from './chart-legend.tsx';
import { HistogramPlot } from './histogram-plot.tsx';
import { HistogramTable } from './histogram-table.tsx';
import type { HistogramSeries } from './histogram-series.ts';
import { histogramSeries } from './histogram-series.ts';

type HistogramCardProps = { readonly histogram: ReturnType<typeof useHistogram>; readonly theme: Theme };

const NO_SERIES: HistogramSeries = {
  intervalMs: 1_000,
  bars: [],
  totals: { opened: 0, closed: 0, failed: 0, other: 0 },
};

export function HistogramCard({ histogram, theme }: HistogramCardProps): ReactElement {
  const { change } = useView();
  const { zone } = useReading();
  const { data } = histogram;
  const series = useMemo(
    () => (data === undefined ? NO_SERIES : histogramSeries(data.answer, data.bounds, data.askedAtMs)),
    [data],
  );
  const [hidden, setHidden] = useState<ReadonlySet<ActionGroup>>(new Set());
  const [hovered, setHovered] = useState<number>();
  const [asTable, setAsTable] = useState(false);
  const shown = useMemo(() => new Set(ACTION_GROUPS.filter((group) => !hidden.has(group))), [hidden]);
  const zoom = (fromMs: number, toMs: number): void => {
    const range = betweenRange(fromMs, toMs);
    if (range !== undefined) change({ range });
  };
  return (
    <section className="card histogram" aria-labelledby="histogram-title" aria-busy={histogram.isFetching}>
      <header>
        <h2 id="histogram-title">
          <span className="figure">
            {data === undefined ? (histogram.isError ? '–' : '…') : formatCount(data.answer.total)}
          </span>{' '}
          records
        </h2>
        <ChartLegend series={series} hidden={hidden} setHidden={setHidden} hovered={hovered} zone={zone} />
        <ReadingSwitches />
        <button
          type="button"
          className="quiet"
          aria-pressed={asTable}
          aria-label="Show the histogram as a table"
          title="As a table"
          onClick={() => setAsTable(!asTable)}
        >
          <Icon name="table" />
        </button>
      </header>
      {asTable ? null : (
        <HistogramPlot key={theme} series={series} shown={shown} zone={zone} zoom={zoom} hover={setHovered} />
      )}
      <HistogramTable series={series} visible={asTable} zone={zone} zoom={zoom} />
    </section>
  );
}
