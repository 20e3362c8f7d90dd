import { useState } from 'react';
import type { ReactElement } from 'react';
import { faultOf } from '../api/api-fault.ts';
import { useStatus } from '../api/queries.ts';
import type { Explorer } from '../page/explorer.ts';
import { useView } from '../state/view-context.ts';

/** What stands under the last row: loading, the end, nothing found, nothing recorded yet, or why not. */
export function TableNote({ explorer }: { readonly explorer: Explorer }): ReactElement | null {
  const { search, rows, tail, refresh } = explorer;
  if (rows.length === 0 && search.error !== null) return <FailureNote error={search.error} retry={refresh} />;
  if (rows.length === 0 && search.isPending) return <p className="table-note">Searching…</p>;
  if (rows.length === 0) return <EmptyNote />;
  if (tail.buffer.cut) {
    return (
      <p className="table-note">
        These are the latest live records.{' '}
        <button type="button" className="text-button" onClick={refresh}>
          Search again
        </button>{' '}
        to page back through all.
      </p>
    );
  }
  if (search.isFetchingNextPage) return <p className="table-note">Loading older records…</p>;
  return search.hasNextPage ? null : <p className="table-note">No older records in this range.</p>;
}

function FailureNote({ error, retry }: { readonly error: Error; readonly retry: () => void }): ReactElement {
  const fault = faultOf(error);
  return (
    <div className="table-note">
      <p>{fault.position === undefined ? fault.message : 'The filter above could not be read.'}</p>
      {fault.position === undefined ? <p>{fault.remedy}</p> : null}
      <button type="button" className="bordered" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

function EmptyNote(): ReactElement {
  const { view, change } = useView();
  const status = useStatus();
  if (status.data?.records === 0) return <FirstRecordNote />;
  return (
    <div className="table-note">
      <p>
        <strong>Nothing found</strong>{' '}
        {view.query === '' ? 'in this time range.' : 'for this filter in this time range.'}
      </p>
      <p>
        {view.range.kind === 'all' ? null : (
          <button type="button" className="bordered" onClick={() => change({ range: { kind: 'all' } })}>
            Look in all time
          </button>
        )}{' '}
        {view.own ? null : (
          <button type="button" className="bordered" onClick={() => change({ own: true })}>
            Show Portledger’s own records
          </button>
        )}{' '}
        {view.query === '' ? null : (
          <button type="button" className="bordered" onClick={() => change({ query: '' })}>
            Clear the filter
          </button>
        )}
      </p>
    </div>
  );
}

function FirstRecordNote(): ReactElement {
  const [timestamp] = useState(() => new Date().toISOString());
  return (
    <div className="table-note first">
      <p>
        <strong>No records yet.</strong> Make a connection on a host with an agent and watch it arrive here:
      </p>
      <pre className="command">curl {location.origin}/healthz</pre>
      <p>
        Or send a record yourself, with a token from <code>portledger token create</code>:
      </p>
      <pre className="command">
        {`curl ${location.origin}/v1/records -H "Authorization: Bearer $TOKEN" \\\n  --json '{"timestamp":"${timestamp}","user":"alice",\n    "src_port":"50412","dest_port":"5432","action":"connection-accepted"}'`}
      </pre>
    </div>
  );
}
