import { canonicalIp } from './addresses.ts';
import { isEscapeFree } from './canonical-json.ts';
import { FIELDS, type EnumFieldName, type FieldSpec } from './fields.ts';
import { isJsonObject } from './json-value.ts';
import { LABELS_MAX, LABEL_NAME_BYTES_MAX, LABEL_VALUE_BYTES_MAX } from './limits.ts';
import { recordFault, shown, type RecordFault } from './record-fault.ts';
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
import { fail, ok, type Result } from './result.ts';
import { microsFromTimestamp } from './timestamps.ts';
import { fitsUtf8 } from './utf8.ts';

/** A record while its fields are read one by one. Every field in it is valid. */
export type RecordDraft = { -readonly [K in keyof AccessRecord]?: AccessRecord[K] };

/** Sets a field of the draft to a value in the record's own form; a value that is not gives the fault. */
export function setField(draft: RecordDraft, spec: FieldSpec, value: unknown): RecordFault | undefined {
  switch (spec.kind) {
    case 'string':
    case 'text':
      return setString(draft, spec, value);
    case 'ip':
    case 'timestamp':
      return setFormatted(draft, spec, value);
    case 'integer':
    case 'port':
      return setInteger(draft, spec, value);
    case 'enum':
      return setEnum(draft, spec, value);
    case 'version':
      if (value !== 1) {
        return recordFault('unsupported-version', 'v', `is ${shown(value)}; this version reads 1 only, so send 1`);
      }
      draft.v = 1;
      return undefined;
    case 'labels':
      return setLabels(draft, value);
    default:
      return spec satisfies never;
  }
}

/** What is wrong with a string of at most `bytesMax` UTF-8 bytes, whatever its field. */
export function stringFault(field: string, value: unknown, bytesMax: number): RecordFault | undefined {
  if (typeof value !== 'string') {
    return recordFault('wrong-type', field, `is ${shown(value)}; send a string, or leave the field out`);
  }
  if (value === '') {
    return recordFault('empty-string', field, 'is empty; leave the field out where the value is unknown');
  }
  if (!fitsUtf8(value, bytesMax)) {
    return recordFault('too-long', field, `has more than ${bytesMax} bytes of UTF-8; shorten it before sending`);
  }
  if (!value.isWellFormed()) {
    return recordFault('broken-unicode', field, 'holds half of a surrogate pair; send valid Unicode');
  }
  return undefined;
}

function setString(
  draft: RecordDraft,
  spec: FieldSpec & { kind: 'string' | 'text' },
  value: unknown,
): RecordFault | undefined {
  const fault = stringFault(spec.name, value, spec.bytesMax);
  if (fault !== undefined || typeof value !== 'string') {
    return fault;
  }
  if (spec.escapeFree === true && !isEscapeFree(value)) {
    const message = 'holds a quotation mark, a backslash or a control character; leave those out of it';
    return recordFault('forbidden-character', spec.name, message);
  }
  draft[spec.name] = value;
  return undefined;
}

function setFormatted(
  draft: RecordDraft,
  spec: FieldSpec & { kind: 'ip' | 'timestamp' },
  value: unknown,
): RecordFault | undefined {
  if (typeof value !== 'string') {
    return recordFault('wrong-type', spec.name, `is ${shown(value)}; send a string`);
  }
  if (spec.kind === 'ip' && canonicalIp(value) !== value) {
    const remedy = `write it as ${canonicalIp(value) ?? '10.0.0.1 or 2001:db8::1, without port or zone'}`;
    return recordFault('malformed-address', spec.name, `is ${shown(value)}; ${remedy}`);
  }
  if (spec.kind === 'timestamp' && microsFromTimestamp(value) === undefined) {
    const remedy = 'write an existing moment of 1970 to 2199 as 2026-11-22T14:36:49.123456Z';
    return recordFault('malformed-timestamp', spec.name, `is ${shown(value)}; ${remedy}`);
  }
  draft[spec.name] = value;
  return undefined;
}

function setInteger(
  draft: RecordDraft,
  spec: FieldSpec & { kind: 'integer' | 'port' },
  value: unknown,
): RecordFault | undefined {
  const remedy = `send a whole number from 0 to ${spec.integerMax}`;
  if (typeof value !== 'number') {
    return recordFault('wrong-type', spec.name, `is ${shown(value)}; ${remedy}`);
  }
  if (!Number.isSafeInteger(value) || value < 0 || value > spec.integerMax) {
    return recordFault('out-of-range', spec.name, `is ${shown(value)}; ${remedy}`);
  }
  draft[spec.name] = value + 0; // a negative zero becomes zero
  return undefined;
}

function memberOf<T extends string>(
  values: readonly T[],
  value: string,
  field: (member: T) => RecordDraft,
): RecordDraft | undefined {
  const member = values.find((candidate) => candidate === value);
  return member === undefined ? undefined : field(member);
}

/** The draft's field as it is to be set: nothing where the value is none of the field's. */
function enumMember(name: EnumFieldName, value: string): RecordDraft | undefined {
  switch (name) {
    case 'action':
      return memberOf(ACTIONS, value, (action) => ({ action }));
    case 'direction':
      return memberOf(DIRECTIONS, value, (direction) => ({ direction }));
    case 'observer_kind':
      return memberOf(OBSERVER_KINDS, value, (observer_kind) => ({ observer_kind }));
    case 'outcome':
      return memberOf(OUTCOMES, value, (outcome) => ({ outcome }));
    case 'protocol':
      return memberOf(PROTOCOLS, value, (protocol) => ({ protocol }));
    case 'user_kind':
      return memberOf(USER_KINDS, value, (user_kind) => ({ user_kind }));
    case 'user_source':
      return memberOf(USER_SOURCES, value, (user_source) => ({ user_source }));
    default:
      return name satisfies never;
  }
}

function setEnum(draft: RecordDraft, spec: FieldSpec & { kind: 'enum' }, value: unknown): RecordFault | undefined {
  const member = typeof value === 'string' ? enumMember(spec.name, value) : undefined;
  if (member === undefined) {
    return recordFault('unknown-value', spec.name, `is ${shown(value)}; send one of ${spec.values.join(', ')}`);
  }
  Object.assign(draft, member);
  return undefined;
}

function setLabels(draft: RecordDraft, value: unknown): RecordFault | undefined {
  if (!isJsonObject(value)) {
    return recordFault('wrong-type', 'labels', `is ${shown(value)}; send an object of strings`);
  }
  const names = Object.keys(value);
  if (names.length === 0) {
    return recordFault('empty-string', 'labels', 'is empty; leave it out where there are none');
  }
  if (names.length > LABELS_MAX) {
    const message = `has ${names.length} names, at most ${LABELS_MAX} are kept; send fewer fields`;
    return recordFault('too-many-labels', 'labels', message);
  }
  const labels: [string, string][] = [];
  for (const name of names) {
    const label = value[name];
    const fault =
      stringFault('labels', name, LABEL_NAME_BYTES_MAX) ?? stringFault(`labels.${name}`, label, LABEL_VALUE_BYTES_MAX);
    if (fault !== undefined || typeof label !== 'string') {
      return fault;
    }
    labels.push([name, label]);
  }
  draft.labels = Object.fromEntries(labels); // defines members, so a label named __proto__ is a label
  return undefined;
}

/** The record, once every required field is there. */
export function recordOfDraft(draft: RecordDraft): Result<AccessRecord, RecordFault> {
  const { v, action, timestamp, observer, observer_kind, session, seq } = draft;
  if (
    v === undefined ||
    action === undefined ||
    timestamp === undefined ||
    observer === undefined ||
    observer_kind === undefined ||
    session === undefined ||
    seq === undefined
  ) {
    const missing = FIELDS.find((field) => field.required && draft[field.name] === undefined);
    return fail(recordFault('missing-field', missing?.name, 'is missing; every record needs it, so send it'));
  }
  return ok({ ...draft, v, action, timestamp, observer, observer_kind, session, seq });
}
