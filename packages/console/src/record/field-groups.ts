import type { FieldName } from '@portledger/format';

export type FieldGroup = { readonly title: string; readonly fields: readonly FieldName[] };

/** The record's fields by the question each answers. Every field stands in exactly one group. */
export const FIELD_GROUPS: readonly FieldGroup[] = [
  {
    title: 'Who',
    fields: [
      'user',
      'user_id',
      'user_kind',
      'user_source',
      'service',
      'process',
      'pid',
      'exe',
      'parent',
      'ppid',
      'container',
      'container_id',
      'image',
      'pod',
      'namespace',
      'node',
      'cluster',
      'cgroup',
    ],
  },
  { title: 'From', fields: ['src_ip', 'src_port', 'src_host'] },
  { title: 'To', fields: ['dest_ip', 'dest_port', 'dest_host', 'dest_service'] },
  {
    title: 'What',
    fields: [
      'timestamp',
      'action',
      'outcome',
      'reason',
      'protocol',
      'app_protocol',
      'direction',
      'method',
      'path',
      'status',
      'user_agent',
      'statement',
      'bytes_out',
      'bytes_in',
      'packets_out',
      'packets_in',
      'duration_us',
      'count',
      'window_us',
      'connection_id',
      'session_id',
    ],
  },
  {
    title: 'Observed by',
    fields: ['observer', 'observer_kind', 'source_format', 'netns', 'session', 'seq', 'v', 'labels', 'original'],
  },
];
