import {
  INTEGER_MAX,
  LONG_TEXT_BYTES_MAX,
  NAME_BYTES_MAX,
  OBSERVER_BYTES_MAX,
  PATH_BYTES_MAX,
  PORT_MAX,
  PROCESS_ID_MAX,
  SESSION_BYTES_MAX,
  SHORT_TEXT_BYTES_MAX,
} from './limits.ts';
import {
  ACTIONS,
  DIRECTIONS,
  OBSERVER_KINDS,
  OUTCOMES,
  PROTOCOLS,
  USER_KINDS,
  USER_SOURCES,
  type AccessRecord,
} from './record.ts';

export type FieldName = keyof AccessRecord;

/** Names of the fields whose values have exactly the given type. */
type NameOf<T> = {
  [K in FieldName]-?: [NonNullable<AccessRecord[K]>] extends [T]
    ? [T] extends [NonNullable<AccessRecord[K]>]
      ? K
      : never
    : never;
}[FieldName];

export type StringFieldName = NameOf<string>;
export type IntegerFieldName = NameOf<number>;
export type EnumFieldName = Exclude<FieldName, StringFieldName | IntegerFieldName | 'v' | 'labels'>;

type Described = { readonly required: boolean; readonly description: string };

/**
 * One field of the record. `text` differs from `string` only in use: `string` is matched whole, `text` is searched in.
 * `bytesMax` counts UTF-8 bytes of the value; `integerMax` is the largest value taken (the smallest is 0).
 * `numberTaken` marks strings that foreign systems write as numbers, such as a uid. `escapeFree` marks those that may
 * not hold quotation marks, backslashes or control characters: they stand in manifests, whose size they bound.
 */
export type FieldSpec = Described &
  (
    | {
        readonly kind: 'string' | 'text';
        readonly name: StringFieldName;
        readonly bytesMax: number;
        readonly numberTaken?: true;
        readonly escapeFree?: true;
      }
    | { readonly kind: 'ip' | 'timestamp'; readonly name: StringFieldName; readonly bytesMax: number }
    | { readonly kind: 'integer' | 'port'; readonly name: IntegerFieldName; readonly integerMax: number }
    | { readonly kind: 'enum'; readonly name: EnumFieldName; readonly values: readonly string[] }
    | { readonly kind: 'version'; readonly name: 'v'; readonly integerMax: 1 }
    | { readonly kind: 'labels'; readonly name: 'labels' }
  );

export type FieldKind = FieldSpec['kind'];

function string(name: StringFieldName, bytesMax: number, description: string): FieldSpec {
  return { name, kind: 'string', bytesMax, required: false, description };
}

/** A name that stands in manifests too. */
function streamName(name: StringFieldName, bytesMax: number, description: string): FieldSpec {
  return { name, kind: 'string', bytesMax, escapeFree: true, required: true, description };
}

/** An identifier that foreign systems write as a number as often as not. */
function identifier(name: StringFieldName, bytesMax: number, description: string): FieldSpec {
  return { name, kind: 'string', bytesMax, numberTaken: true, required: false, description };
}

function text(name: StringFieldName, bytesMax: number, description: string): FieldSpec {
  return { name, kind: 'text', bytesMax, required: false, description };
}

function integer(name: IntegerFieldName, description: string, integerMax = INTEGER_MAX): FieldSpec {
  return { name, kind: 'integer', integerMax, required: false, description };
}

function port(name: IntegerFieldName, description: string): FieldSpec {
  return { name, kind: 'port', integerMax: PORT_MAX, required: false, description };
}

function ip(name: StringFieldName, description: string): FieldSpec {
  return { name, kind: 'ip', bytesMax: 39, required: false, description };
}

function oneOf(name: EnumFieldName, values: readonly string[], description: string): FieldSpec {
  return { name, kind: 'enum', values, required: false, description };
}

function required(spec: FieldSpec): FieldSpec {
  return { ...spec, required: true };
}

/** Every field of the record in canonical order: RFC 8785 sorts keys by their UTF-16 code units. */
export const FIELDS: readonly FieldSpec[] = [
  required(oneOf('action', ACTIONS, 'What happened.')),
  string('app_protocol', NAME_BYTES_MAX, 'Application protocol, such as http or postgresql.'),
  integer('bytes_in', 'Bytes received by the source.'),
  integer('bytes_out', 'Bytes sent by the source.'),
  string('cgroup', PATH_BYTES_MAX, 'Control group of the process on the observer’s side.'),
  string('cluster', NAME_BYTES_MAX, 'Cluster of the workload on the observer’s side.'),
  string('connection_id', NAME_BYTES_MAX, 'Community ID version 1; the same in Zeek and Suricata.'),
  string('container', NAME_BYTES_MAX, 'Name of the container on the observer’s side.'),
  string('container_id', NAME_BYTES_MAX, 'Id of the container on the observer’s side.'),
  integer('count', 'How many accesses this record stands for, where a policy rolls repeats up.'),
  string('dest_host', NAME_BYTES_MAX, 'Host name of the destination.'),
  ip('dest_ip', 'Address of the side that was opened to.'),
  port('dest_port', 'Port of the side that was opened to.'),
  string('dest_service', NAME_BYTES_MAX, 'The called workload.'),
  oneOf('direction', DIRECTIONS, 'Direction as seen by the observer.'),
  integer('duration_us', 'How long the connection stood, in microseconds; told when it closes.'),
  string('exe', PATH_BYTES_MAX, 'Path of the executable on the observer’s side.'),
  string('image', SHORT_TEXT_BYTES_MAX, 'Image of the container on the observer’s side.'),
  { name: 'labels', kind: 'labels', required: false, description: 'Everything else, as strings.' },
  string('method', NAME_BYTES_MAX, 'Method of the request, such as GET.'),
  string('namespace', NAME_BYTES_MAX, 'Namespace of the pod on the observer’s side.'),
  identifier('netns', SESSION_BYTES_MAX, 'Inode number of the network namespace.'),
  string('node', NAME_BYTES_MAX, 'Cluster node of the pod on the observer’s side.'),
  streamName('observer', OBSERVER_BYTES_MAX, 'Who reported it; equals the authenticated sender.'),
  required(oneOf('observer_kind', OBSERVER_KINDS, 'What kind of observer reported it.')),
  text('original', LONG_TEXT_BYTES_MAX, 'The foreign line as it came.'),
  oneOf('outcome', OUTCOMES, 'How it ended.'),
  integer('packets_in', 'Packets received by the source.'),
  integer('packets_out', 'Packets sent by the source.'),
  string('parent', NAME_BYTES_MAX, 'Name of the process’s parent.'),
  text('path', PATH_BYTES_MAX, 'Path of the request.'),
  integer('pid', 'Process id on the observer’s side.', PROCESS_ID_MAX),
  string('pod', NAME_BYTES_MAX, 'Pod on the observer’s side.'),
  integer('ppid', 'Process id of the process’s parent.', PROCESS_ID_MAX),
  string('process', NAME_BYTES_MAX, 'Name of the process on the observer’s side.'),
  oneOf('protocol', PROTOCOLS, 'Transport protocol.'),
  string('reason', SHORT_TEXT_BYTES_MAX, 'Why: refused, timed-out, reset, a policy’s name, a drop reason.'),
  required(integer('seq', 'Place in the observer’s stream; counts from 0 without holes.')),
  string('service', NAME_BYTES_MAX, 'The calling workload: systemd unit, container, pod workload or catalogue name.'),
  streamName('session', SESSION_BYTES_MAX, 'The observer’s stream: one a run and class.'),
  identifier('session_id', NAME_BYTES_MAX, 'An application’s or gateway’s session.'),
  string('source_format', NAME_BYTES_MAX, 'What it was read from: ebpf, haproxy, zeek.conn.'),
  string('src_host', NAME_BYTES_MAX, 'Host name of the source.'),
  ip('src_ip', 'Address of the side that opened.'),
  port('src_port', 'Port of the side that opened.'),
  text('statement', LONG_TEXT_BYTES_MAX, 'Statement of the request, such as SQL.'),
  identifier('status', NAME_BYTES_MAX, 'Status of the request, such as 200 or an SQLSTATE.'),
  {
    name: 'timestamp',
    kind: 'timestamp',
    bytesMax: 27,
    required: true,
    description: 'When it happened by the observer’s clock, in UTC with microseconds.',
  },
  string('user', NAME_BYTES_MAX, 'Who: a person or a service identity.'),
  text('user_agent', SHORT_TEXT_BYTES_MAX, 'Client software as it names itself.'),
  identifier('user_id', NAME_BYTES_MAX, 'Id of the user: uid, subject or SPIFFE id.'),
  oneOf('user_kind', USER_KINDS, 'Whether the user is a person or a service.'),
  oneOf('user_source', USER_SOURCES, 'What the attribution of the user rests on.'),
  { name: 'v', kind: 'version', integerMax: 1, required: true, description: 'Version of the record’s schema.' },
  integer('window_us', 'Over how long `count` was taken, in microseconds.'),
];

/** Where each field stands in `FIELDS`. */
export const FIELD_INDEX: ReadonlyMap<FieldName, number> = new Map(FIELDS.map((field, index) => [field.name, index]));

/** The spec of a field by any text, for input whose keys are not known. */
export const FIELD_BY_NAME: ReadonlyMap<string, FieldSpec> = new Map(FIELDS.map((field) => [field.name, field]));
