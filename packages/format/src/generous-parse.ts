import { canonicalIp } from './addresses.ts';
import { byCodeUnits } from './canonical-json.ts';
import { canonicalLine } from './canonical-line.ts';
import { FIELDS, FIELD_BY_NAME, type FieldSpec } from './fields.ts';
import { isJsonObject } from './json-value.ts';
import { LabelInput, isAbsent } from './label-input.ts';
import { LINE_BYTES_MAX } from './limits.ts';
import { recordOfDraft, setField, type RecordDraft } from './record-draft.ts';
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
/** Digits of a whole number; more than 16 are no safe integer. */
const DIGITS = /^\d{1,16}$/;

type Input = Readonly<Record<string, unknown>>;

/** A foreign value in the record's own form where there is a way; else as it came, for `setField` to refuse. */
function normalised(spec: FieldSpec, value: unknown): unknown {
  switch (spec.kind) {
    case 'string':
    case 'text':
      return 'numberTaken' in spec && typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
    case 'ip':
      return typeof value === 'string' ? (canonicalIp(value.trim()) ?? value) : value;
    case 'timestamp':
      return timestampFromInput(value) ?? value;
    case 'integer':
    case 'port':
    case 'version':
      return typeof value === 'string' && DIGITS.test(value.trim()) ? Number(value) : value;
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

/** Sets one field from the input. A transport that the record has no term for becomes `other` and a label. */
function takeField(draft: RecordDraft, labels: LabelInput, spec: FieldSpec, value: unknown): RecordFault | undefined {
  const own = normalised(spec, value);
  if (spec.name === 'protocol' && typeof own === 'string' && !PROTOCOL_NAMES.has(own)) {
    draft.protocol = 'other';
    return labels.add('protocol', value);
  }
  if (spec.kind === 'timestamp' && own === value && setField({}, spec, own) !== undefined) {
    const remedy =
      'send RFC 3339 with an offset, such as 2026-11-22T14:36:49Z, or seconds, milliseconds, microseconds or nanoseconds since the epoch, from 1970 to 2199';
    return recordFault('malformed-timestamp', spec.name, `is ${shown(value)}; ${remedy}`);
  }
  return setField(draft, spec, own);
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

/** Reads the fields of the record, in their order, and then what it has no field for, in the order of its names. */
function draftOf(input: Input): Result<RecordDraft, RecordFault> {
  const draft: RecordDraft = {};
  const labels = new LabelInput();
  let fault = labels.addAll(Object.hasOwn(input, 'labels') ? input['labels'] : undefined);
  for (const spec of FIELDS) {
    const value = Object.hasOwn(input, spec.name) && spec.kind !== 'labels' ? input[spec.name] : undefined;
    if (fault === undefined && !isAbsent(value)) {
      fault = takeField(draft, labels, spec, value);
    }
  }
  for (const name of Object.keys(input).sort(byCodeUnits)) {
    if (fault === undefined && !FIELD_BY_NAME.has(name) && !IGNORED.has(name)) {
      fault = labels.add(name === '' ? '_' : name, input[name]);
    }
  }
  if (fault !== undefined) {
    return fail(fault);
  }
  const gathered = labels.labels();
  return ok(gathered === undefined ? draft : { ...draft, labels: gathered });
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
  const draft = draftOf(input);
  if (!draft.ok) {
    return draft;
  }
  const record = recordOfDraft({ ...draft.value, ...stream.value, v: 1 });
  if (record.ok && !fitsUtf8(canonicalLine(record.value), LINE_BYTES_MAX)) {
    const message = `the record has more than ${LINE_BYTES_MAX} bytes; shorten its longest fields before sending`;
    return fail(recordFault('line-too-long', undefined, message));
  }
  return record;
}
