import { memo } from 'react';
import type { ReactElement } from 'react';
import type { AccessRecord } from '@portledger/format';
import type { Hit } from '../api/hit.ts';
import { addressKey } from '../api/hit.ts';
import { Icon } from '../page/icon.tsx';
import type { IconName } from '../page/icon.tsx';
import { shortAction, toneOf } from '../record/action-groups.ts';
import { baseName, formatBytes, formatDuration, formatEndpoint, relativeTime, splitTime } from '../record/formats.ts';
import type { TimeZoneMode } from '../record/formats.ts';

type RecordRowProps = {
  readonly hit: Hit;
  readonly index: number;
  readonly top: number;
  readonly active: boolean;
  readonly selected: boolean;
  readonly choose: (hit: Hit) => void;
  readonly zone: TimeZoneMode;
  /** Given when times are shown as ages. */
  readonly nowMs: number | undefined;
};

export const RecordRow = memo(function RecordRow(props: RecordRowProps): ReactElement {
  const { hit, index, top, active, selected, choose, zone, nowMs } = props;
  const { record } = hit;
  return (
    <div
      id={`row-${addressKey(hit)}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={active ? 'row active' : 'row'}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => choose(hit)}
    >
      <TimeCell timestamp={record.timestamp} zone={zone} nowMs={nowMs} />
      <ActionCell record={record} />
      <span role="gridcell" className="user" title={userTitle(record)}>
        {record.user ?? record.user_id ?? <Unknown />}
      </span>
      <EndpointCell ip={record.src_ip} port={record.src_port} name={record.src_host} kind="source" />
      <EndpointCell
        ip={record.dest_ip}
        port={record.dest_port}
        name={record.dest_service ?? record.dest_host}
        kind="destination"
      />
      <span role="gridcell" className="workload" title={record.exe ?? record.process}>
        {workload(record)}
      </span>
      <span role="gridcell" className="figure bytes" title={bytesTitle(record)}>
        {bytesText(record)}
      </span>
      <span role="gridcell" className="figure duration">
        {record.duration_us === undefined ? '' : formatDuration(record.duration_us)}
      </span>
    </div>
  );
});

type TimeCellProps = Pick<RecordRowProps, 'zone' | 'nowMs'> & { readonly timestamp: string };

function TimeCell({ timestamp, zone, nowMs }: TimeCellProps): ReactElement {
  const { date, time } = splitTime(timestamp, zone);
  return (
    <span role="gridcell" className="figure time" title={timestamp}>
      {nowMs === undefined ? (
        <>
          <span className="date">{date.slice(5)}</span> {time}
        </>
      ) : (
        relativeTime(Date.parse(timestamp), nowMs)
      )}
    </span>
  );
}

const ACTION_ICONS: ReadonlyMap<string, IconName> = new Map<string, IconName>([
  ['connection-initiated', 'open'],
  ['connection-accepted', 'accept'],
  ['connection-closed', 'closed'],
  ['listener-opened', 'host'],
  ['listener-closed', 'host'],
]);

function ActionCell({ record }: { readonly record: AccessRecord }): ReactElement {
  const tone = toneOf(record);
  return (
    <span role="gridcell" className={`action ${tone}`} title={[record.action, record.outcome, record.reason].join(' ')}>
      <Icon name={tone === 'failed' ? 'failed' : (ACTION_ICONS.get(record.action) ?? 'dot')} />
      <span>{shortAction(record.action)}</span>
      {record.reason === undefined || shortAction(record.action) === record.reason ? null : (
        <span className="reason">{record.reason}</span>
      )}
    </span>
  );
}

type EndpointCellProps = {
  readonly ip: string | undefined;
  readonly port: number | undefined;
  readonly name: string | undefined;
  readonly kind: 'source' | 'destination';
};

function EndpointCell({ ip, port, name, kind }: EndpointCellProps): ReactElement {
  const text = formatEndpoint(ip, port);
  return (
    <span role="gridcell" className={`endpoint ${kind}`} title={name === undefined ? text : `${text} ${name}`}>
      <span className="figure">{text}</span>
      {name === undefined ? null : <span className="host">{name}</span>}
    </span>
  );
}

function Unknown(): ReactElement {
  return <span className="unknown">unknown</span>;
}

function workload(record: AccessRecord): ReactElement | string {
  const process = record.process ?? (record.exe === undefined ? undefined : baseName(record.exe));
  const service = record.service ?? record.container ?? record.pod;
  if (service === undefined || service === process) return process ?? service ?? '';
  return (
    <>
      {service} {process === undefined ? null : <span className="host">{process}</span>}
    </>
  );
}

function userTitle(record: AccessRecord): string {
  const source = record.user_source === undefined ? 'no source told' : `from ${record.user_source}`;
  return `${record.user ?? record.user_id ?? 'unknown'}, ${source}`;
}

function bytesText(record: AccessRecord): string {
  if (record.bytes_in === undefined && record.bytes_out === undefined) return '';
  return formatBytes((record.bytes_in ?? 0) + (record.bytes_out ?? 0));
}

function bytesTitle(record: AccessRecord): string | undefined {
  if (record.bytes_in === undefined && record.bytes_out === undefined) return undefined;
  return `out ${record.bytes_out ?? 'unknown'}, in ${record.bytes_in ?? 'unknown'} (seen from the source)`;
}
