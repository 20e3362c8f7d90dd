import { useRef, useState } from 'react';
import type { FormEvent, ReactElement } from 'react';
import { Icon } from '../page/icon.tsx';
import { inputTime, inputTimeMs, splitTime } from '../record/formats.ts';
import type { TimeZoneMode } from '../record/formats.ts';
import type { TimeRange } from '../state/time-range.ts';
import { QUICK_SPANS, SPAN_MS, betweenRange, rangeText } from '../state/time-range.ts';
import { useReading, useView } from '../state/view-context.ts';

const QUICK_RANGES: readonly { readonly label: string; readonly name: string; readonly range: TimeRange }[] = [
  ...QUICK_SPANS.map((span) => ({
    label: span.replace(/(\d+)/, '$1 '),
    name: `Last ${span.replace(/(\d+)/, '$1 ')}`,
    range: { kind: 'last', span } as const,
  })),
  { label: 'All', name: 'All time', range: { kind: 'all' } },
];

export function RangePicker(): ReactElement {
  const { view, change } = useView();
  const { zone } = useReading();
  const held = rangeText(view.range);
  return (
    <div className="range" role="group" aria-label="Time range">
      {QUICK_RANGES.map(({ label, name, range }) => (
        <button
          key={label}
          type="button"
          aria-pressed={rangeText(range) === held}
          aria-label={name}
          onClick={() => change({ range })}
        >
          {label}
        </button>
      ))}
      <button
        type="button"
        aria-label="Custom range"
        aria-pressed={view.range.kind === 'between'}
        popoverTarget="range-popover"
      >
        <Icon name="clock" />
        {view.range.kind === 'between' ? (
          betweenText(view.range.fromMs, view.range.toMs, zone)
        ) : (
          <span className="custom-word">Custom</span>
        )}
      </button>
      <CustomRange key={held} />
    </div>
  );
}

/** The day once, when both ends share it. */
function betweenText(fromMs: number, toMs: number, zone: TimeZoneMode): string {
  const from = splitTime(new Date(fromMs).toISOString(), zone);
  const to = splitTime(new Date(toMs).toISOString(), zone);
  const start = `${from.date.slice(5)} ${from.time.slice(0, 8)}`;
  return from.date === to.date
    ? `${start}–${to.time.slice(0, 8)}`
    : `${start} – ${to.date.slice(5)} ${to.time.slice(0, 8)}`;
}

function CustomRange(): ReactElement {
  const { view, change } = useView();
  const { zone } = useReading();
  const [start] = useState(() => initialEnds(view.range));
  const [from, setFrom] = useState(inputTime(start.fromMs, zone));
  const [to, setTo] = useState(inputTime(start.toMs, zone));
  const [hint, setHint] = useState('');
  const popover = useRef<HTMLDivElement>(null);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const range = betweenRange(inputTimeMs(from, zone), inputTimeMs(to, zone));
    if (range === undefined) {
      setHint('Give two different times.');
      return;
    }
    popover.current?.hidePopover();
    change({ range });
  };
  return (
    <div
      id="range-popover"
      popover="auto"
      className="popover narrow"
      ref={popover}
      role="dialog"
      aria-label="Custom range"
    >
      <form onSubmit={submit} className="custom-range">
        <label>
          From
          <input type="datetime-local" step="1" value={from} onChange={(event) => setFrom(event.target.value)} />
        </label>
        <label>
          To
          <input type="datetime-local" step="1" value={to} onChange={(event) => setTo(event.target.value)} />
        </label>
        <p className="hint" role="status">
          {hint === '' ? `Times are ${zone === 'utc' ? 'UTC' : 'local'}.` : hint}
        </p>
        <button type="submit" className="primary">
          Show this range
        </button>
      </form>
    </div>
  );
}

function initialEnds(range: TimeRange): { readonly fromMs: number; readonly toMs: number } {
  if (range.kind === 'between') return range;
  const nowMs = Date.now();
  return { fromMs: nowMs - (range.kind === 'last' ? SPAN_MS[range.span] : SPAN_MS['24h']), toMs: nowMs };
}
