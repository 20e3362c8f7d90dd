import type { ReactElement } from 'react';
import type { Hit, RecordDetail } from '../api/hit.ts';
import { addressKey } from '../api/hit.ts';
import { useConnection } from '../api/queries.ts';
import { useReading, useView } from '../state/view-context.ts';
import { shortAction, toneOf } from './action-groups.ts';
import { splitTime } from './formats.ts';

/** The other records of the same connection, as either side saw it. */
export function ConnectionRecords({ detail }: { readonly detail: RecordDetail }): ReactElement | null {
  const id = detail.record.connection_id;
  const found = useConnection(id);
  if (id === undefined) return null;
  const hits = found.data?.hits ?? [];
  return (
    <section className="field-group" aria-labelledby="connection-title">
      <h3 id="connection-title">Same connection, both sides</h3>
      {found.isPending ? <p className="hint">Looking…</p> : null}
      {found.data !== undefined && hits.length <= 1 ? <p className="hint">No other record of it yet.</p> : null}
      {hits.length <= 1 ? null : (
        <ul className="connection">
          {hits.map((hit) => (
            <ConnectionLine key={addressKey(hit)} hit={hit} here={addressKey(hit) === addressKey(detail)} />
          ))}
        </ul>
      )}
    </section>
  );
}

function ConnectionLine({ hit, here }: { readonly hit: Hit; readonly here: boolean }): ReactElement {
  const { change } = useView();
  const { zone } = useReading();
  const { record } = hit;
  return (
    <li>
      <button
        type="button"
        aria-current={here ? 'true' : undefined}
        onClick={() => change({ selected: { block: hit.block, position: hit.position } })}
      >
        <span className="figure">{splitTime(record.timestamp, zone).time}</span>
        <span className={`action ${toneOf(record)}`}>{shortAction(record.action)}</span>
        <span>{record.process ?? record.user ?? ''}</span>
        <span className="host">seen by {record.observer}</span>
      </button>
    </li>
  );
}
