import type { ReactElement } from 'react';
import { faultOf } from '../api/api-fault.ts';
import { Icon } from '../page/icon.tsx';
import type { Explorer } from '../page/explorer.ts';
import { useView } from '../state/view-context.ts';
import { LiveToggle } from '../table/live-toggle.tsx';
import type { ViewState } from '../state/url-state.ts';
import { markPosition, scopeQuery, withoutOwnRecords } from './filter-text.ts';
import type { ScopedQuery } from './filter-text.ts';
import { QueryInput } from './query-input.tsx';
import { RangePicker } from './range-picker.tsx';

export function SearchBar({ explorer }: { readonly explorer: Explorer }): ReactElement {
  return (
    <search className="search-bar">
      <QueryInput refresh={explorer.refresh} faulty={explorer.search.error !== null} />
      <div className="search-controls">
        <RangePicker />
        <LiveToggle tail={explorer.tail} live={explorer.live} />
        <button
          type="button"
          className="quiet bordered"
          onClick={explorer.refresh}
          aria-label="Search again"
          title="Search again"
        >
          <Icon name="refresh" />
        </button>
      </div>
      <QueryFault error={explorer.search.error} />
    </search>
  );
}

/** What was sent for the view, and how far the typed text is moved in it. */
function sentQuery({ query, range, own }: ViewState): ScopedQuery {
  const whole = own ? { text: query, offset: 0 } : withoutOwnRecords(query);
  const scoped = scopeQuery(whole.text, range);
  return { text: scoped.text, offset: scoped.offset + whole.offset };
}

/** The fault under the query, with its place marked. */
function QueryFault({ error }: { readonly error: Error | null }): ReactElement | null {
  const { view } = useView();
  if (error === null) return null;
  const fault = faultOf(error);
  if (fault.kind === 'offline' || fault.kind === 'signed-out') return null;
  const place = fault.position === undefined ? undefined : markPosition(fault.position, sentQuery(view), view.query);
  const word = place === undefined ? '' : (/^[\w.@-]+|^./u.exec(view.query.slice(place))?.[0] ?? '');
  return (
    <div className="query-fault" role="alert" id="query-fault">
      {place === undefined ? null : (
        <pre aria-hidden="true">
          {view.query.slice(0, place)}
          <mark>{word === '' ? ' ' : word}</mark>
          {view.query.slice(place + word.length)}
        </pre>
      )}
      <p>
        <strong>
          {fault.message}
          {place === undefined ? '' : ` (at character ${place + 1})`}
        </strong>{' '}
        {fault.remedy}
      </p>
    </div>
  );
}
