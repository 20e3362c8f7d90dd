import { FIELDS, type FieldSpec } from './fields.ts';

/** How the value of a field is scanned: small numbers, so that the scanner's switch is a jump. */
export const SCAN_STRING = 0;
export const SCAN_ESCAPE_FREE = 1;
export const SCAN_INTEGER = 2;
export const SCAN_IP = 3;
export const SCAN_TIMESTAMP = 4;
export const SCAN_ENUM = 5;
export const SCAN_LABELS = 6;
export const SCAN_VERSION = 7;

const utf8 = new TextEncoder();

/** Every field's name with the marks after it, `name":`, one after the other. */
export const NAME_BYTES: Uint8Array = utf8.encode(FIELDS.map((field) => `${field.name}":`).join(''));
/** Where each begins. */
export const NAME_START: Int32Array = Int32Array.from(FIELDS, (_, index) =>
  FIELDS.slice(0, index).reduce((sum, field) => sum + field.name.length + 2, 0),
);
/** How long each is. */
export const NAME_LENGTH: Int32Array = Int32Array.from(FIELDS, (field) => field.name.length + 2);

/** Fifteen bits of a name's first three bytes. Mixing names up is harmless: a full comparison follows. */
export function beginningOf(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) & 31) << 10) | (((bytes[at + 1] ?? 0) & 31) << 5) | ((bytes[at + 2] ?? 0) & 31);
}

/**
 * The first field for each beginning, -1 where there is none. Fields with the same beginning stand next to one another
 * because FIELDS is sorted.
 */
export const FIRST_FIELD: Int8Array = firstFields();

function firstFields(): Int8Array {
  const first = new Int8Array(1 << 15).fill(-1);
  for (let index = FIELDS.length - 1; index >= 0; index -= 1) {
    first[beginningOf(NAME_BYTES, NAME_START[index] ?? 0)] = index;
  }
  return first;
}

function scanKindOf(field: FieldSpec): number {
  switch (field.kind) {
    case 'string':
    case 'text':
      return field.escapeFree === true ? SCAN_ESCAPE_FREE : SCAN_STRING;
    case 'integer':
    case 'port':
      return SCAN_INTEGER;
    case 'version':
      return SCAN_VERSION;
    case 'ip':
      return SCAN_IP;
    case 'timestamp':
      return SCAN_TIMESTAMP;
    case 'enum':
      return SCAN_ENUM;
    case 'labels':
      return SCAN_LABELS;
    default:
      return field satisfies never;
  }
}

export const SCAN_KIND: Uint8Array = Uint8Array.from(FIELDS, scanKindOf);

/** The largest value of an integer, or the most bytes of a string. */
export const SCAN_MAX: Float64Array = Float64Array.from(FIELDS, (field) =>
  'bytesMax' in field ? field.bytesMax : 'integerMax' in field ? field.integerMax : 0,
);

/** The values of an enumerated field; none for other fields. */
export const SCAN_VALUES: readonly (readonly Uint8Array[])[] = FIELDS.map((field) =>
  field.kind === 'enum' ? field.values.map((value) => utf8.encode(value)) : [],
);

/** 1 for fields that every record has. */
export const SCAN_REQUIRED: Uint8Array = Uint8Array.from(FIELDS, (field) => (field.required ? 1 : 0));
/** How many those are. */
export const REQUIRED_FIELDS: number = FIELDS.filter((field) => field.required).length;
