import { canonicalIp } from './addresses.ts';
import { isEscapeFree } from './canonical-json.ts';
import { FIELDS, FIELD_BY_NAME, type FieldSpec } from './fields.ts';
import { isJsonObject } from './json-value.ts';
import { LABELS_MAX, LABEL_NAME_BYTES_MAX, LABEL_VALUE_BYTES_MAX } from './limits.ts';
import { nearest } from './nearest.ts';
import { recordFault, shown, type RecordFault } from './record-fault.ts';
import type { AccessRecord } from './record.ts';
import { fail, ok, type Result } from './result.ts';
import { microsFromTimestamp } from './timestamps.ts';
import { fitsUtf8 } from './utf8.ts';

/** What is wrong with a value as that of a field in the record's own form. */
function fieldFault(spec: FieldSpec, value: unknown): RecordFault | undefined {
  switch (spec.kind) {
    case 'string':
    case 'text':
      return textFault(spec, value);
    case 'ip':
      return ipFault(spec.name, value);
    case 'timestamp':
      return timestampFault(spec.name, value);
    case 'integer':
    case 'port':
      return integerFault(spec, value);
    case 'enum':
      return enumFault(spec, value);
    case 'version':
      return value === 1
        ? undefined
        : recordFault('unsupported-version', 'v', `is ${shown(value)}; this version reads 1 only, so send 1`);
    case 'labels':
      return labelsFault(value);
    default:
      return spec satisfies never;
  }
}

/** A longer list of values than this helps nobody in a refusal. */
const VALUES_LISTED_MAX = 8;

function enumFault(spec: FieldSpec & { kind: 'enum' }, value: unknown): RecordFault | undefined {
  if (typeof value === 'string' && spec.values.includes(value)) return undefined;
  const meant = typeof value === 'string' ? nearest(value, spec.values) : undefined;
  const listed = spec.values.slice(0, VALUES_LISTED_MAX).join(', ');
  const others = spec.values.length - VALUES_LISTED_MAX;
  const remedy =
    meant === undefined
      ? `send one of ${listed}${others > 0 ? ` or ${others} others, listed in docs/reference/record.md` : ''}`
      : `did you mean ${meant}?`;
  return recordFault('unknown-value', spec.name, `is ${shown(value)}; ${remedy}`);
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

function textFault(spec: FieldSpec & { kind: 'string' | 'text' }, value: unknown): RecordFault | undefined {
  const fault = stringFault(spec.name, value, spec.bytesMax);
  if (fault === undefined && spec.escapeFree === true && typeof value === 'string' && !isEscapeFree(value)) {
    const message = 'holds a quotation mark, a backslash or a control character; leave those out of it';
    return recordFault('forbidden-character', spec.name, message);
  }
  return fault;
}

function ipFault(field: string, value: unknown): RecordFault | undefined {
  const canonical = typeof value === 'string' ? canonicalIp(value) : undefined;
  if (canonical !== undefined && canonical === value) {
    return undefined;
  }
  const remedy = `write it as ${canonical ?? '10.0.0.1 or 2001:db8::1, without port or zone'}`;
  return recordFault('malformed-address', field, `is ${shown(value)}; ${remedy}`);
}

function timestampFault(field: string, value: unknown): RecordFault | undefined {
  if (typeof value === 'string' && microsFromTimestamp(value) !== undefined) {
    return undefined;
  }
  const remedy = 'write an existing moment of 1970 to 2199 as 2026-11-22T14:36:49.123456Z';
  return recordFault('malformed-timestamp', field, `is ${shown(value)}; ${remedy}`);
}

function integerFault(spec: FieldSpec & { kind: 'integer' | 'port' }, value: unknown): RecordFault | undefined {
  if (typeof value !== 'number') {
    return recordFault('wrong-type', spec.name, `is ${shown(value)}; send a whole number from 0 to ${spec.integerMax}`);
  }
  return Number.isSafeInteger(value) && value >= 0 && value <= spec.integerMax
    ? undefined
    : recordFault('out-of-range', spec.name, `is ${value}; send a whole number from 0 to ${spec.integerMax}`);
}

function labelsFault(labels: unknown): RecordFault | undefined {
  if (!isJsonObject(labels)) {
    return recordFault('wrong-type', 'labels', `is ${shown(labels)}; send an object of strings`);
  }
  const names = Object.keys(labels);
  if (names.length === 0) {
    return recordFault('empty-string', 'labels', 'is empty; leave it out where there are none');
  }
  if (names.length > LABELS_MAX) {
    const message = `has ${names.length} names, at most ${LABELS_MAX} are kept; send fewer fields`;
    return recordFault('too-many-labels', 'labels', message);
  }
  for (const name of names) {
    const fault =
      stringFault('labels', name, LABEL_NAME_BYTES_MAX) ??
      stringFault(`labels.${name}`, labels[name], LABEL_VALUE_BYTES_MAX);
    if (fault !== undefined) {
      return fault;
    }
  }
  return undefined;
}

/** The first fault of an object's fields: one unknown, one malformed, or a required one missing. */
function objectFault(fields: Readonly<Record<string, unknown>>): RecordFault | undefined {
  let required = 0;
  for (const name of Object.keys(fields)) {
    const spec = FIELD_BY_NAME.get(name);
    const fault =
      spec === undefined
        ? recordFault(
            'unknown-field',
            name.slice(0, LABEL_NAME_BYTES_MAX),
            'is no field of the record; put it into labels',
          )
        : fieldFault(spec, fields[name]);
    if (fault !== undefined) {
      return fault;
    }
    required += spec?.required === true ? 1 : 0;
  }
  if (required === REQUIRED_COUNT) {
    return undefined;
  }
  const missing = FIELDS.find((spec) => spec.required && !Object.hasOwn(fields, spec.name));
  return recordFault('missing-field', missing?.name, 'is missing; every record needs it, so send it');
}

const REQUIRED_COUNT = FIELDS.filter((spec) => spec.required).length;

/**
 * An object as a record, once each of its fields has been found to be one of the record's, in the record's own form.
 * Here alone untyped input becomes an AccessRecord.
 */
export function recordOf(fields: Readonly<Record<string, unknown>>): Result<AccessRecord, RecordFault> {
  const fault = objectFault(fields);
  return fault === undefined ? ok(fields as AccessRecord) : fail(fault);
}
