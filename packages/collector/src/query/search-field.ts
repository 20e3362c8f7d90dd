import {
  FIELDS,
  type EnumFieldName,
  type FieldName,
  type IntegerFieldName as RecordIntegerName,
  type StringFieldName,
} from '@portledger/format';

/** Fields that are not in the line: the address, and what the manifest tells. */
export type VirtualFieldName = 'received' | 'class' | 'block' | 'position';
export type TimeFieldName = 'timestamp' | 'received';
export type IpFieldName = 'src_ip' | 'dest_ip';
export type SearchFieldName = FieldName | VirtualFieldName;
export type TextFieldName = Exclude<StringFieldName, 'timestamp' | IpFieldName> | EnumFieldName | 'class';
export type IntegerFieldName = RecordIntegerName | 'v' | 'block' | 'position';

/** A field as the filter language sees it. `required` fields stand in every record. */
export type SearchField = { readonly required: boolean; readonly description: string } & (
  | { readonly kind: 'text'; readonly name: TextFieldName; readonly values?: readonly string[] }
  | { readonly kind: 'integer'; readonly name: IntegerFieldName; readonly integerMax: number }
  | { readonly kind: 'time'; readonly name: TimeFieldName }
  | { readonly kind: 'ip'; readonly name: IpFieldName }
  | { readonly kind: 'labels'; readonly name: 'labels' }
);

const VIRTUAL_FIELDS: readonly SearchField[] = [
  { kind: 'time', name: 'received', required: true, description: 'When the collector accepted it.' },
  { kind: 'text', name: 'class', required: true, description: 'Retention class of its block.' },
  {
    kind: 'integer',
    name: 'block',
    integerMax: Number.MAX_SAFE_INTEGER,
    required: true,
    description: 'Number of its block in the ledger.',
  },
  {
    kind: 'integer',
    name: 'position',
    integerMax: Number.MAX_SAFE_INTEGER,
    required: true,
    description: 'Place in its block, from 0.',
  },
];

/** Every field that can be searched: the record's in canonical order, then the virtual ones. */
export const SEARCH_FIELDS: readonly SearchField[] = [...FIELDS.map(recordField), ...VIRTUAL_FIELDS];

export const SEARCH_FIELD_BY_NAME: ReadonlyMap<string, SearchField> = new Map(
  SEARCH_FIELDS.map((field) => [field.name, field]),
);

/** Names that stand for a field of either side of the connection. */
export const EITHER_SIDE: ReadonlyMap<string, readonly [SearchFieldName, SearchFieldName]> = new Map([
  ['ip', ['src_ip', 'dest_ip']],
  ['port', ['src_port', 'dest_port']],
  ['host', ['src_host', 'dest_host']],
]);

/** Where a word without a field is looked for. Documented in docs/search.md. */
export const WORD_FIELDS = [
  'action',
  'user',
  'service',
  'dest_service',
  'src_host',
  'dest_host',
  'process',
  'exe',
  'container',
  'image',
  'pod',
  'namespace',
  'node',
  'observer',
  'path',
  'statement',
  'user_agent',
  'reason',
  'original',
] as const satisfies readonly TextFieldName[];

function recordField(spec: (typeof FIELDS)[number]): SearchField {
  const { required, description } = spec;
  switch (spec.kind) {
    case 'string':
    case 'text':
      return { kind: 'text', name: textName(spec.name), required, description };
    case 'enum':
      return { kind: 'text', name: spec.name, values: spec.values, required, description };
    case 'integer':
    case 'port':
    case 'version':
      return { kind: 'integer', name: spec.name, integerMax: spec.integerMax, required, description };
    case 'ip':
      return { kind: 'ip', name: spec.name === 'src_ip' ? 'src_ip' : 'dest_ip', required, description };
    case 'timestamp':
      return { kind: 'time', name: 'timestamp', required, description };
    case 'labels':
      return { kind: 'labels', name: 'labels', required, description };
    default:
      return spec satisfies never;
  }
}

function textName(name: StringFieldName): TextFieldName {
  if (name === 'timestamp' || name === 'src_ip' || name === 'dest_ip') throw new Error(`${name} is not a text field`);
  return name;
}
