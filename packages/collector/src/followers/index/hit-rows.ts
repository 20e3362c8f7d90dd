import { DuckDBBlobValue, DuckDBTimestampValue, type DuckDBValue } from '@duckdb/node-api';
import { canonicalString, FIELDS, ipText, parseLine, timestampFromMicros } from '@portledger/format';
import type { Hit } from '../../query/hit.ts';
import { columnNumber, COLUMNS } from './columns.ts';
import type { SortKey } from './page-cursor.ts';

const RECEIVED = columnNumber('received');
const CLASS = columnNumber('class');
const BLOCK = columnNumber('block');
const POSITION = columnNumber('position');

/** The columns in the order that `hitOf` takes their values. */
export const HIT_COLUMNS = COLUMNS.map(({ name }) => `"${name}"`).join(', ');

/**
 * A hit from the values of `HIT_COLUMNS`. The record's canonical line is put together from its columns and parsed, so
 * that what is shown is byte for byte what the ledger holds, or is refused here. Throws if the columns make no record.
 */
export function hitOf(row: readonly DuckDBValue[]): Hit {
  let members = '';
  for (const [number, { name, kind }] of FIELDS.entries()) {
    const value = row[number] ?? null;
    if (value === null) continue;
    const text = kind === 'labels' ? String(value) : jsonOf(value);
    members += `${members === '' ? '' : ','}"${name}":${text}`;
  }
  const record = parseLine(`{${members}}`);
  if (!record.ok) throw new Error(`the index holds no record: ${record.fault.message}`);
  return {
    block: Number(row[BLOCK]),
    position: Number(row[POSITION]),
    received: timestampFromMicros(microsOf(row[RECEIVED])),
    class: String(row[CLASS]),
    record: record.value,
  };
}

function jsonOf(value: DuckDBValue): string {
  if (typeof value === 'string') return canonicalString(value);
  if (value instanceof DuckDBTimestampValue) return `"${timestampFromMicros(value.micros)}"`;
  if (value instanceof DuckDBBlobValue) return `"${ipText(value.bytes)}"`;
  return String(value);
}

/** The text that people know a value by: addresses and times in the record's own form. */
export function displayText(value: DuckDBValue): string {
  if (value instanceof DuckDBTimestampValue) return timestampFromMicros(value.micros);
  if (value instanceof DuckDBBlobValue) return ipText(value.bytes);
  return String(value);
}

/** Epoch microseconds of a TIMESTAMP value. */
export function microsOf(value: DuckDBValue | undefined): number {
  if (value instanceof DuckDBTimestampValue) return Number(value.micros);
  throw new Error('expected a timestamp');
}

/** A sort key from the values of timestamp, block and position. */
export function sortKeyOf(row: readonly DuckDBValue[]): SortKey {
  return { micros: microsOf(row[0]), block: Number(row[1]), position: Number(row[2]) };
}
