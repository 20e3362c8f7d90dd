import { canonicalJson } from './canonical-json.ts';
import { isJsonObject, type JsonValue } from './json-value.ts';
import { recordFault, type RecordFault } from './record-fault.ts';
import type { AccessRecord } from './record.ts';
import { fail, ok, type Result } from './result.ts';
import { microsFromTimestamp } from './timestamps.ts';

/** Fields of a record whose values are whole numbers; `labels` is an object of texts, all others are texts. */
const INTEGERS = new Set(
  'v seq src_port dest_port bytes_in bytes_out packets_in packets_out duration_us count window_us pid ppid'.split(' '),
);

function isJsonValue(value: unknown): value is JsonValue {
  return value !== undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.isWellFormed();
}

/** Whether the members that verification reads are there, and every member is of its kind. */
function isRecord(value: unknown): value is AccessRecord {
  if (!isJsonObject(value)) return false;
  const { v, timestamp, action, observer, observer_kind: kind, session, seq, labels = {} } = value;
  if (v !== 1 || typeof timestamp !== 'string' || microsFromTimestamp(timestamp) === undefined) return false;
  if (![action, observer, kind, session].every(isText) || seq === undefined || !isJsonObject(labels)) return false;
  return Object.entries(value).every(([name, member]) => {
    if (name === 'labels') return Object.values(labels).every(isText);
    return INTEGERS.has(name) ? Number.isSafeInteger(member) && Number(member) >= 0 : isText(member);
  });
}

/**
 * What `parseLine` of strict-parse.ts does, in short, for the single-file verifier: the line is canonical JSON, which gives it
 * one reading, and each member is of its kind. Bounds, lists of values and forms of addresses are not looked at again.
 */
export function parseLine(line: string): Result<AccessRecord, RecordFault> {
  try {
    const value: unknown = JSON.parse(line);
    if (isRecord(value) && isJsonValue(value) && canonicalJson(value) === line) return ok(value);
    return fail(recordFault('not-canonical', undefined, 'the line is no record in its canonical form (RFC 8785)'));
  } catch {
    return fail(recordFault('not-json', undefined, 'the line is not JSON'));
  }
}
