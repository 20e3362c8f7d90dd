import type { ReactElement } from 'react';
import { Icon } from '../page/icon.tsx';
import { formatCount } from '../record/formats.ts';
import { useNow } from '../state/use-now.ts';
import { useView } from '../state/view-context.ts';
import { tailRate } from './tail-buffer.ts';
import type { Tail } from './use-tail.ts';

type LiveToggleProps = { readonly tail: Tail; readonly live: boolean };

export function LiveToggle({ tail, live }: LiveToggleProps): ReactElement {
  const { change } = useView();
  const nowMs = useNow(1_000);
  const { dropped } = tail.buffer;
  return (
    <span className="live-group">
      <button
        type="button"
        className={`live ${tail.phase.kind}`}
        aria-pressed={live}
        title={live ? 'Pause the live tail ( l )' : 'Follow new records ( l )'}
        // A range that lies in the past has no live records, so going live leaves it.
        onClick={() => change(live ? { live: false } : { live: true, ...leavePast() }, 'replace')}
      >
        <Icon name={live ? 'pause' : 'play'} />
        Live
        <span className="rate figure">{live ? rateText(tailRate(tail.buffer, nowMs), tail) : 'off'}</span>
      </button>
      {dropped === 0 ? null : (
        <span
          className="tag failed"
          role="status"
          title="Too many at once to show live. They are in the ledger: search again to see them."
        >
          {formatCount(dropped)} not shown
        </span>
      )}
    </span>
  );

  function leavePast(): { readonly range?: { readonly kind: 'last'; readonly span: '1h' } } {
    return new URLSearchParams(location.search).get('range')?.includes('~') === true
      ? { range: { kind: 'last', span: '1h' } }
      : {};
  }
}

function rateText(rate: number, tail: Tail): string {
  switch (tail.phase.kind) {
    case 'open':
      return `${rate < 10 ? rate.toFixed(1) : formatCount(Math.round(rate))}/s`;
    case 'connecting':
    case 'waiting':
      return '…';
    case 'failed':
      return 'failed';
    case 'off':
      return 'off';
    default:
      return tail.phase satisfies never;
  }
}
