import type { ReactElement } from 'react';
import type { CollectorStatus } from '../api/status.ts';
import { formatCount, relativeTime } from '../record/formats.ts';
import { useNow } from '../state/use-now.ts';
import { modeName, observerHealth, summariseObservers } from './observer-health.ts';

export function ObserversChip({ status }: { readonly status: CollectorStatus | undefined }): ReactElement {
  const nowMs = useNow(2_000);
  const summary = status === undefined ? undefined : summariseObservers(status);
  return (
    <>
      <button type="button" className="chip" popoverTarget="observers-popover">
        <span className={`lamp ${summary?.health ?? 'none'}`} aria-hidden="true" />
        <span>{summary?.text ?? '…'}</span>
      </button>
      <div id="observers-popover" popover="auto" className="popover wide" role="dialog" aria-label="Observers">
        <h2>Observers</h2>
        {status === undefined || status.observers.length === 0 ? (
          <p>
            Nothing has reported yet. Start capture on this host with <code>portledger agent</code>, or send records to{' '}
            <code>POST /v1/records</code>.
          </p>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">Observer</th>
                <th scope="col">Kind</th>
                <th scope="col">Capture</th>
                <th scope="col">Last heard</th>
                <th scope="col">Lost</th>
              </tr>
            </thead>
            <tbody>
              {status.observers.map((observer) => (
                <tr key={`${observer.kind} ${observer.observer}`}>
                  <th scope="row">
                    <span className={`lamp ${observerHealth(observer)}`} aria-hidden="true" /> {observer.observer}
                    <span className="visually-hidden">, {observerHealth(observer)}</span>
                  </th>
                  <td>{observer.kind}</td>
                  <td>{modeName(observer.mode)}</td>
                  <td>
                    {observer.lastSeen === undefined ? 'never' : relativeTime(Date.parse(observer.lastSeen), nowMs)}
                  </td>
                  <td className="figure">{formatCount(observer.lost)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </>
  );
}
