import { BIGINT, BLOB, TIMESTAMP, USMALLINT, VARCHAR, type DuckDBType } from '@duckdb/node-api';
import { FIELDS } from '@portledger/format';
import { SEARCH_FIELDS, type SearchFieldName } from '../../query/search-field.ts';

/** How a column's values lie in DuckDB's vectors, and so how they are written and read. */
export type ColumnKind = 'text' | 'address' | 'port' | 'integer' | 'time';

export type Column = { readonly name: SearchFieldName; readonly kind: ColumnKind };

const PORT_NAMES: ReadonlySet<string> = new Set(
  FIELDS.filter((field) => field.kind === 'port').map((field) => field.name),
);

/** One column a search field: the record's in the order of `FIELDS`, so that slot and column numbers agree, then the virtual ones. */
export const COLUMNS: readonly Column[] = SEARCH_FIELDS.map((field): Column => {
  switch (field.kind) {
    case 'text':
    case 'labels':
      return { name: field.name, kind: 'text' };
    case 'ip':
      return { name: field.name, kind: 'address' };
    case 'time':
      return { name: field.name, kind: 'time' };
    case 'integer':
      return { name: field.name, kind: PORT_NAMES.has(field.name) ? 'port' : 'integer' };
    default:
      return field satisfies never;
  }
});

/** Bytes of one value in a vector. Texts and addresses are DuckDB's 16-byte strings. */
export const VALUE_BYTES = { text: 16, address: 16, port: 2, integer: 8, time: 8 } as const satisfies Record<
  ColumnKind,
  number
>;

export function columnType(kind: ColumnKind): DuckDBType {
  switch (kind) {
    case 'text':
      return VARCHAR;
    case 'address':
      return BLOB;
    case 'port':
      return USMALLINT;
    case 'integer':
      return BIGINT;
    case 'time':
      return TIMESTAMP;
    default:
      return kind satisfies never;
  }
}

/** Number of a column in `COLUMNS`. */
export function columnNumber(name: SearchFieldName): number {
  return COLUMNS.findIndex((column) => column.name === name);
}

export function createTableSql(table: string, columns: readonly number[] = COLUMNS.map((_, number) => number)): string {
  const list = columns.flatMap((number) => COLUMNS[number] ?? []);
  return `CREATE TABLE "${table}" (${list.map(({ name, kind }) => `"${name}" ${columnType(kind).toString()}`).join(', ')})`;
}
