import type { ReactElement } from 'react';
import { useReading } from '../state/view-context.ts';

/** How times are shown: which zone, and as moments or as ages. */
export function ReadingSwitches(): ReactElement {
  const { zone, mode, setZone, setMode } = useReading();
  return (
    <div className="reading-switches" role="group" aria-label="How times are shown">
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
