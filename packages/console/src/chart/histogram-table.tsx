import type { ReactElement } from 'react';
import { ACTION_GROUPS, GROUP_LABELS } from '../record/action-groups.ts';
import { formatCount } from '../record/formats.ts';
import type { TimeZoneMode } from '../record/formats.ts';
import { barTime } from './chart-legend.tsx';
import type { HistogramSeries } from './histogram-series.ts';

type HistogramTableProps = {
  readonly series: HistogramSeries;
  readonly visible: boolean;
  readonly zone: TimeZoneMode;
  readonly zoom: (fromMs: number, toMs: number) => void;
};

/** The histogram for those who cannot see or point at it. Only the visible form has buttons, so that Tab meets none unseen. */
export function HistogramTable({ series, visible, zone, zoom }: HistogramTableProps): ReactElement {
  const bars = series.bars.filter((bar) => bar.total > 0);
  return (
    <div className={visible ? 'histogram-table' : 'visually-hidden'}>
      <table>
        <caption className="visually-hidden">Records over time</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {ACTION_GROUPS.map((group) => (
              <th key={group} scope="col">
                {GROUP_LABELS[group]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => (
            <tr key={bar.startMs}>
              <th scope="row">
                {visible ? (
                  <button type="button" onClick={() => zoom(bar.startMs, bar.startMs + series.intervalMs)}>
                    {barTime(bar.startMs, series.intervalMs, zone)}
                  </button>
                ) : (
                  barTime(bar.startMs, series.intervalMs, zone)
                )}
              </th>
              {ACTION_GROUPS.map((group) => (
                <td key={group} className="figure">
                  {formatCount(bar.counts[group])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
