import type { ReactElement } from 'react';
import type { ActionGroup } from '../record/action-groups.ts';
import { ACTION_GROUPS, GROUP_CONTENTS, GROUP_LABELS } from '../record/action-groups.ts';
import { formatCount, splitTime } from '../record/formats.ts';
import type { TimeZoneMode } from '../record/formats.ts';
import type { HistogramSeries } from './histogram-series.ts';

type ChartLegendProps = {
  readonly series: HistogramSeries;
  readonly hidden: ReadonlySet<ActionGroup>;
  readonly setHidden: (hidden: ReadonlySet<ActionGroup>) => void;
  /** Index of the bar under the pointer. */
  readonly hovered: number | undefined;
  readonly zone: TimeZoneMode;
};

/** Names and counts of the groups; the counts are those of the bar under the pointer, else of all. */
export function ChartLegend({ series, hidden, setHidden, hovered, zone }: ChartLegendProps): ReactElement {
  const bar = hovered === undefined ? undefined : series.bars[hovered];
  const counts = bar?.counts ?? series.totals;
  const toggle = (group: ActionGroup): void => {
    const next = new Set(hidden);
    if (!next.delete(group)) next.add(group);
    setHidden(next);
  };
  return (
    <div className="legend" role="group" aria-label="Groups shown">
      {ACTION_GROUPS.map((group) => (
        <button
          key={group}
          type="button"
          title={GROUP_CONTENTS[group]}
          aria-pressed={!hidden.has(group)}
          onClick={() => toggle(group)}
        >
          <span className={`swatch ${group}`} aria-hidden="true" />
          {GROUP_LABELS[group]} <span className="figure">{formatCount(counts[group])}</span>
        </button>
      ))}
      <span className="legend-time figure">
        {bar === undefined ? 'drag to zoom' : barTime(bar.startMs, series.intervalMs, zone)}
      </span>
    </div>
  );
}

/** From when to when a bar counts. */
export function barTime(startMs: number, intervalMs: number, zone: TimeZoneMode): string {
  const from = splitTime(new Date(startMs).toISOString(), zone);
  const to = splitTime(new Date(startMs + intervalMs).toISOString(), zone);
  const length = intervalMs < 1_000 ? 12 : 8;
  return intervalMs >= 86_400_000
    ? `${from.date} – ${to.date}`
    : `${from.date.slice(5)} ${from.time.slice(0, length)}–${to.time.slice(0, length)}`;
}
