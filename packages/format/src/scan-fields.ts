import { FIELDS, type FieldSpec } from './fields.ts';

/** How the value of a field is scanned: small numbers, so that the scanner's switch is a jump. */
export const SCAN_STRING = 0;
export const SCAN_ESCAPE_FREE = 1;
export const SCAN_INTEGER = 2;
export const SCAN_IP = 3;
export const SCAN_TIMESTAMP = 4;
const SCAN_ENUM = 5;
export const SCAN_LABELS = 6;
export const SCAN_VERSION = 7;

const utf8 = new TextEncoder();

/** A field's name as it stands in a line, `"name":`; at least four bytes. */
const NAMES: readonly Uint8Array[] = FIELDS.map((field) => utf8.encode(`"${field.name}":`));

/** How long each name is with its marks. */
export const NAME_LENGTH: Int32Array = Int32Array.from(NAMES, (name) => name.length);
/** Words that a name has at most. */
export const NAME_WORDS_MAX: number = Math.max(...NAMES.map((name) => Math.ceil(name.length / 4)));

/** Four bytes as one number: names are compared four bytes at a time, which halves the scanner's work. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

/** The names in words, NAME_WORDS_MAX a field; the last word of each is its last four bytes, overlapping the one before. */
export const NAME_WORDS: Int32Array = nameWords();

function nameWords(): Int32Array {
  const words = new Int32Array(NAMES.length * NAME_WORDS_MAX);
  for (const [field, name] of NAMES.entries()) {
    for (let at = 0; at < name.length; at += 4) {
      words[field * NAME_WORDS_MAX + at / 4] = wordAt(name, Math.min(at, name.length - 4));
    }
  }
  return words;
}

/** Fifteen bits of a name's first word. Mixing names up is harmless: a full comparison follows. */
export function beginningOf(word: number): number {
  return (((word >>> 8) & 31) << 10) | (((word >>> 16) & 31) << 5) | ((word >>> 24) & 31);
}

/**
 * The first field for each beginning, -1 where there is none. Fields with the same beginning stand next to one another
 * because FIELDS is sorted.
 */
export const FIRST_FIELD: Int8Array = firstFields();

function firstFields(): Int8Array {
  const first = new Int8Array(1 << 15).fill(-1);
  for (let field = FIELDS.length - 1; field >= 0; field -= 1) {
    first[beginningOf(NAME_WORDS[field * NAME_WORDS_MAX] ?? 0)] = field;
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
