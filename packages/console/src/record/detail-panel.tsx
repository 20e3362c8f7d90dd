import { useEffect, useRef } from 'react';
import type { ReactElement } from 'react';
import { faultOf } from '../api/api-fault.ts';
import { addressKey } from '../api/hit.ts';
import type { RecordAddress, RecordDetail } from '../api/hit.ts';
import { useRecord } from '../api/queries.ts';
import { CopyButton } from '../page/copy-button.tsx';
import { Icon } from '../page/icon.tsx';
import { ProofPanel } from '../proof/proof-panel.tsx';
import type { PinState } from '../state/key-pin.ts';
import { shortAction, toneOf } from './action-groups.ts';
import { ConnectionRecords } from './connection-records.tsx';
import { FIELD_GROUPS } from './field-groups.ts';
import { FieldGroupList, LedgerFields } from './field-group-list.tsx';
import { formatEndpoint } from './formats.ts';

type DetailPanelProps = {
  readonly address: RecordAddress;
  readonly pin: PinState | undefined;
  readonly close: () => void;
};

export function DetailPanel({ address, pin, close }: DetailPanelProps): ReactElement {
  const record = useRecord(address);
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.focus({ preventScroll: true }), []);
  return (
    <aside className="detail" aria-label={`Record ${addressKey(address)}`} tabIndex={-1} ref={panel}>
      <header>
        <h2>
          Record <code>{addressKey(address)}</code>
        </h2>
        <CopyButton text={linkTo(address)} label="Copy a link to this record" />
        <span className="spacer" />
        <button type="button" className="quiet" onClick={close} aria-label="Close the record" title="Close (Esc)">
          <Icon name="close" />
        </button>
      </header>
      {record.data === undefined ? (
        <p className="table-note" role="status">
          {record.error === null
            ? 'Loading the record…'
            : `${faultOf(record.error).message} ${faultOf(record.error).remedy ?? ''}`}
        </p>
      ) : (
        <DetailBody key={addressKey(address)} detail={record.data} pin={pin} />
      )}
    </aside>
  );
}

function DetailBody({
  detail,
  pin,
}: {
  readonly detail: RecordDetail;
  readonly pin: PinState | undefined;
}): ReactElement {
  const { record } = detail;
  return (
    <div className="detail-body">
      <p className={`headline ${toneOf(record)}`}>
        <strong>{record.user ?? record.user_id ?? 'Unknown'}</strong> {shortAction(record.action)}{' '}
        <code>{formatEndpoint(record.src_ip, record.src_port) || '?'}</code> →{' '}
        <code>{formatEndpoint(record.dest_ip, record.dest_port) || '?'}</code>
      </p>
      <ProofPanel detail={detail} pin={pin} />
      {FIELD_GROUPS.map((group) => (
        <FieldGroupList key={group.title} group={group} record={record} />
      ))}
      <LedgerFields detail={detail} />
      <ConnectionRecords detail={detail} />
      <section className="field-group">
        <h3>
          Canonical line <CopyButton text={detail.line} label="Copy the canonical line" />
        </h3>
        <pre className="raw">{detail.line}</pre>
      </section>
    </div>
  );
}

function linkTo(address: RecordAddress): string {
  return `${location.origin}${location.pathname}?range=all&record=${addressKey(address)}`;
}
