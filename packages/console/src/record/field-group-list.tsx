import type { ReactElement } from 'react';
import type { AccessRecord, FieldName } from '@portledger/format';
import type { RecordDetail } from '../api/hit.ts';
import { CopyButton } from '../page/copy-button.tsx';
import { Icon } from '../page/icon.tsx';
import { useReading, useView } from '../state/view-context.ts';
import type { FieldGroup } from './field-groups.ts';
import { formatBytes, formatDuration, splitTime } from './formats.ts';

type FieldGroupListProps = { readonly group: FieldGroup; readonly record: AccessRecord };

type ShownField = { readonly name: string; readonly value: string | number };

export function FieldGroupList({ group, record }: FieldGroupListProps): ReactElement | null {
  const fields = group.fields.flatMap((name) => shownFields(record, name));
  if (fields.length === 0) return null;
  return (
    <section className="field-group" aria-label={group.title}>
      <h3>{group.title}</h3>
      <dl>
        {fields.map((field) => (
          <FieldLine key={field.name} {...field} />
        ))}
      </dl>
    </section>
  );
}

/** What the ledger says of the record; not part of its line, but of its block's manifest. */
export function LedgerFields({ detail }: { readonly detail: RecordDetail }): ReactElement {
  return (
    <section className="field-group" aria-label="In the ledger">
      <h3>In the ledger</h3>
      <dl>
        <FieldLine name="received" value={detail.received} />
        <FieldLine name="class" value={detail.class} />
        <FieldLine name="block" value={detail.block} />
        <FieldLine name="position" value={detail.position} />
      </dl>
    </section>
  );
}

function shownFields(record: AccessRecord, name: FieldName): readonly ShownField[] {
  const value = record[name];
  if (value === undefined) return [];
  if (typeof value === 'object') {
    return Object.entries(value).map(([label, text]) => ({ name: `labels.${label}`, value: text }));
  }
  return [{ name, value }];
}

function FieldLine({ name, value }: ShownField): ReactElement {
  const { filterBy } = useView();
  const { zone } = useReading();
  const gloss = glossOf(name, value, zone);
  return (
    <div className="field">
      <dt>{name}</dt>
      <dd>
        <span className="value">{value}</span>
        {gloss === undefined ? null : <span className="gloss">{gloss}</span>}
      </dd>
      <dd className="field-acts">
        <button
          type="button"
          className="mini"
          aria-label={`Filter by ${name}`}
          title="Filter by this value"
          onClick={() => filterBy(name, value, false)}
        >
          <Icon name="filter" />
        </button>
        <button
          type="button"
          className="mini"
          aria-label={`Exclude this ${name}`}
          title="Exclude this value"
          onClick={() => filterBy(name, value, true)}
        >
          <Icon name="exclude" />
        </button>
        <CopyButton text={String(value)} label={`Copy ${name}`} />
      </dd>
    </div>
  );
}

/** The same value in a form easier to read, where the exact one is not. */
function glossOf(name: string, value: string | number, zone: 'local' | 'utc'): string | undefined {
  if (typeof value === 'number') {
    if (name.startsWith('bytes_') && value >= 1_000) return formatBytes(value);
    if (name.endsWith('_us')) return formatDuration(value);
    return undefined;
  }
  if ((name === 'timestamp' || name === 'received') && zone === 'local') {
    const { date, time } = splitTime(value, 'local');
    return `${date} ${time} local`;
  }
  return undefined;
}
