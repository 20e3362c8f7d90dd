import { useState } from 'react';
import type { MouseEvent, ReactElement } from 'react';
import type { TopBucket } from '../api/aggregates.ts';
import { useTop } from '../api/queries.ts';
import type { Question } from '../api/queries.ts';
import { Icon } from '../page/icon.tsx';
import { formatCount } from '../record/formats.ts';
import { useMediaQuery } from '../state/use-media-query.ts';
import { useView } from '../state/view-context.ts';

const SUMMARY_FIELDS = ['user', 'dest_port', 'src_ip', 'service', 'action'] as const;

type TopPanelProps = { readonly question: Question; readonly running: boolean };

/** The most frequent values of a few fields among what was found. */
export function TopPanel({ question, running }: TopPanelProps): ReactElement {
  const wide = useMediaQuery('(min-width: 1000px)');
  const [opened, setOpened] = useState(false);
  const shown = wide || opened;
  return (
    <nav className={shown ? 'top-panel' : 'top-panel folded'} aria-label="Summary">
      {wide ? null : (
        <button type="button" className="fold" aria-expanded={opened} onClick={() => setOpened(!opened)}>
          <Icon name="filter" /> Summary <Icon name={opened ? 'up' : 'down'} />
        </button>
      )}
      {shown
        ? SUMMARY_FIELDS.map((field) => <TopList key={field} field={field} question={question} running={running} />)
        : null}
    </nav>
  );
}

function TopList({ field, question, running }: TopPanelProps & { readonly field: string }): ReactElement {
  const { data, isError } = useTop(question, field, running);
  const highest = data?.buckets[0]?.count ?? 0;
  return (
    <section className="top-list" aria-labelledby={`top-${field}`}>
      <h2 id={`top-${field}`}>{field}</h2>
      <ul>
        {data?.buckets.map((bucket) => (
          <TopValue key={bucket.value} field={field} bucket={bucket} highest={highest} />
        ))}
      </ul>
      {data !== undefined && data.buckets.length === 0 ? <p className="hint">no values</p> : null}
      {data !== undefined && data.other > 0 ? (
        <p className="hint">{formatCount(data.other)} more in other values</p>
      ) : null}
      {isError && data === undefined ? <p className="hint">not available</p> : null}
    </section>
  );
}

type TopValueProps = { readonly field: string; readonly bucket: TopBucket; readonly highest: number };

function TopValue({ field, bucket, highest }: TopValueProps): ReactElement {
  const { filterBy } = useView();
  const share = highest === 0 ? 0 : bucket.count / highest;
  const click = (event: MouseEvent): void => filterBy(field, bucket.value, event.altKey);
  return (
    <li>
      <button type="button" className="top-value" onClick={click} title={`${bucket.value} (Alt-click excludes)`}>
        <span className="top-bar-fill" style={{ transform: `scaleX(${share})` }} aria-hidden="true" />
        <span className="top-name">{bucket.value}</span>
        <span className="figure">{formatCount(bucket.count)}</span>
      </button>
      <button
        type="button"
        className="mini exclude"
        aria-label={`Exclude ${field} ${bucket.value}`}
        title="Exclude"
        onClick={() => filterBy(field, bucket.value, true)}
      >
        <Icon name="exclude" />
      </button>
    </li>
  );
}
