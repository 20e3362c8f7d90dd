import type { ReactElement } from 'react';
import { useReading, useView } from '../state/view-context.ts';

/** What the table shows: Portledger's own records or not, times in which zone, as moments or as ages. */
export function ReadingSwitches(): ReactElement {
  const { zone, mode, setZone, setMode } = useReading();
  const { view, change } = useView();
  return (
    <div className="reading-switches" role="group" aria-label="What is shown">
      <button
        type="button"
        aria-pressed={view.own}
        aria-label="Show Portledger’s own records"
        title="Show Portledger’s own records: heartbeats, reads of this log, sign-ins ( o )"
        onClick={() => change({ own: !view.own })}
      >
        Own
      </button>
      <button
        type="button"
        aria-pressed={mode === 'relative'}
        onClick={() => setMode(mode === 'relative' ? 'absolute' : 'relative')}
      >
        Relative
      </button>
      <button type="button" aria-pressed={zone === 'utc'} onClick={() => setZone(zone === 'utc' ? 'local' : 'utc')}>
        UTC
      </button>
    </div>
  );
}
