import { canonicalIp } from './addresses.ts';
import { byCodeUnits } from './canonical-json.ts';
import { canonicalLine } from './canonical-line.ts';
import { FIELD_BY_NAME, type FieldSpec } from './fields.ts';
import { isJsonObject } from './json-value.ts';
import { LabelInput, isAbsent } from './label-input.ts';
import { LINE_BYTES_MAX } from './limits.ts';
import { recordOf } from './record-check.ts';
import { recordFault, shown, type RecordFault } from './record-fault.ts';
import { PROTOCOLS, type AccessRecord, type StreamStamp } from './record.ts';
import { fail, ok, type Result } from './result.ts';
import { termFor } from './synonyms.ts';
import { timestampFromInput } from './timestamp-input.ts';
import { fitsUtf8 } from './utf8.ts';

/** Fields that exports show beside the record's own; the ledger knows them from elsewhere. */
const IGNORED: ReadonlySet<string> = new Set(['received', 'class']);
/** The fields that only an observer gives, and gives together. */
const STREAM: ReadonlySet<string> = new Set(['observer', 'session', 'seq']);
const PROTOCOL_NAMES: ReadonlySet<string> = new Set(PROTOCOLS);
/**
 * Bytes of a line beside its text: names and marks of 55 fields, 14 integers, the stamp's strings, and marks of labels.
 */
const LINE_FRAME_BYTES_MAX = 4_096;
/** Digits of a whole number; more than 16 are no safe integer. */
const DIGITS = /^\d{1,16}$/;

type Input = Readonly<Record<string, unknown>>;

/** A whole number from itself or its digits. A negative zero becomes zero, which is how it is written. */
function integerFrom(value: unknown): unknown {
  if (typeof value === 'number') {
    return value + 0;
  }
  return typeof value === 'string' && DIGITS.test(value.trim()) ? Number(value) : value;
}

/** A foreign value in the record's own form where there is a way; else as it came, to be refused. No time: undefined. */
function normalised(spec: FieldSpec, value: unknown): unknown {
  switch (spec.kind) {
    case 'string':
    case 'text':
      return 'numberTaken' in spec && typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
    case 'ip':
      return typeof value === 'string' ? (canonicalIp(value.trim()) ?? value) : value;
    case 'timestamp':
      return timestampFromInput(value);
    case 'integer':
    case 'port':
    case 'version':
      return integerFrom(value);
    case 'enum':
      return typeof value === 'string' || (spec.name === 'protocol' && typeof value === 'number')
        ? termFor(spec.name, String(value))
        : value;
    case 'labels':
      return value;
    default:
      return spec satisfies never;
  }
}

/** Where the record stands: in the stream that the input names whole, or else in the stamp's. */
function streamOf(input: Input, stamp: StreamStamp): Result<Partial<StreamStamp>, RecordFault> {
  const given = [...STREAM].filter((name) => !isAbsent(input[name]));
  if (given.length === STREAM.size) {
    return ok(isAbsent(input['observer_kind']) ? { observer_kind: stamp.observer_kind } : {});
  }
  if (given.length > 0 || !isAbsent(input['observer_kind'])) {
    const missing = [...STREAM, 'observer_kind'].find((name) => !given.includes(name));
    const message = `is missing; send observer, session and seq together, or none of them nor observer_kind`;
    return fail(recordFault('incomplete-stream', missing, message));
  }
  return ok(stamp);
}

/** The record's fields while they are gathered, in its own form but not checked. */
class Gathered {
  readonly fields: Record<string, unknown> = {};
  readonly labels = new LabelInput();
  /** UTF-16 code units of the text in the fields. */
  length = 0;

  /** Takes one field. A transport that the record has no term for becomes `other` and a label. */
  take(spec: FieldSpec, value: unknown): RecordFault | undefined {
    const own = normalised(spec, value);
    if (spec.kind === 'timestamp' && own === undefined) {
      const remedy =
        'send RFC 3339 with an offset, such as 2026-11-22T14:36:49Z, or seconds, milliseconds, microseconds or nanoseconds since the epoch, from 1970 to 2199';
      return recordFault('malformed-timestamp', spec.name, `is ${shown(value)}; ${remedy}`);
    }
    if (spec.name === 'protocol' && typeof own === 'string' && !PROTOCOL_NAMES.has(own)) {
      this.fields['protocol'] = 'other';
      return this.labels.add('protocol', value);
    }
    this.fields[spec.name] = own;
    this.length += typeof own === 'string' ? own.length : 0;
    return undefined;
  }

  /** Everything gathered, labels among it. */
  all(): Record<string, unknown> {
    const labels = this.labels.labels();
    if (labels !== undefined) {
      this.fields['labels'] = labels;
    }
    return this.fields;
  }
}

/**
 * Gathers the input's own labels, then its fields, then what the record has no field for in the order of its names, so
 * that labels come out the same whatever the order of the input.
 */
function gather(input: Input, gathered: Gathered): RecordFault | undefined {
  let fault = gathered.labels.addAll(Object.hasOwn(input, 'labels') ? input['labels'] : undefined);
  const unknown: string[] = [];
  for (const name of Object.keys(input)) {
    const spec = FIELD_BY_NAME.get(name);
    if (spec === undefined) {
      unknown.push(name);
    } else if (fault === undefined && name !== 'labels' && !isAbsent(input[name])) {
      fault = gathered.take(spec, input[name]);
    }
  }
  for (const name of unknown.sort(byCodeUnits)) {
    if (fault === undefined && !IGNORED.has(name)) {
      fault = gathered.labels.add(name === '' ? '_' : name, input[name]);
    }
  }
  return fault;
}

/** Whether the line may be too long: a code unit takes six bytes at most, and names, marks and numbers a bounded rest. */
function mayBeTooLong(gathered: Gathered): boolean {
  return (gathered.length + gathered.labels.length) * 6 > LINE_BYTES_MAX - LINE_FRAME_BYTES_MAX;
}

/**
 * Reads a parsed JSON value of any writing as a record:
 * - a version is 1 or absent; nulls and empty strings are absent; `received` and `class` are passed over
 * - whole numbers may be digits in a string; addresses any notation; enumerated words any case, `_` or space for `-`,
 *   and the synonyms of synonyms.ts; times as `timestampFromInput` reads them
 * - fields that the record has not become labels, nested values as canonical JSON
 * - `stamp` gives observer, session and seq where the input has none of them
 * Nothing is cut short: what has no valid reading is refused, with field, reason and remedy. What is given back always
 * passes `parseLine(canonicalLine(record))`.
 */
export function readRecord(input: unknown, stamp: StreamStamp): Result<AccessRecord, RecordFault> {
  if (!isJsonObject(input)) {
    return fail(recordFault('not-an-object', undefined, `the record is ${shown(input)}; send a JSON object`));
  }
  const stream = streamOf(input, stamp);
  if (!stream.ok) {
    return stream;
  }
  const gathered = new Gathered();
  const fault = gather(input, gathered);
  if (fault !== undefined) {
    return fail(fault);
  }
  const record = recordOf(Object.assign(gathered.all(), stream.value, { v: gathered.fields['v'] ?? 1 }));
  if (record.ok && mayBeTooLong(gathered) && !fitsUtf8(canonicalLine(record.value), LINE_BYTES_MAX)) {
    const message = `the record has more than ${LINE_BYTES_MAX} bytes; shorten its longest fields before sending`;
    return fail(recordFault('line-too-long', undefined, message));
  }
  return record;
}
