import { FIELDS } from './fields.ts';
import { LINE_BYTES_MAX } from './limits.ts';
import { scanIp } from './scan-address.ts';
import {
  FIRST_FIELD,
  NAME_LENGTH,
  NAME_WORDS,
  NAME_WORDS_MAX,
  REQUIRED_FIELDS,
  SCAN_ESCAPE_FREE,
  SCAN_INTEGER,
  SCAN_IP,
  SCAN_KIND,
  SCAN_LABELS,
  SCAN_MAX,
  SCAN_REQUIRED,
  SCAN_STRING,
  SCAN_TIMESTAMP,
  SCAN_VALUES,
  SCAN_VERSION,
  beginningOf,
  wordAt,
} from './scan-fields.ts';
import { scanLabels } from './scan-labels.ts';
import { scanInteger, scanTimestamp } from './scan-number.ts';
import { NOT_SCANNED, scanString, scannedLength } from './scan-text.ts';

/** Entries of a slots array: start and end of each field's value, in the order of FIELDS. */
export const SLOTS: number = 2 * FIELDS.length;

/**
 * What a scan found; the verdict is the index. Only 0 says that the line may be taken as it stands. Any other verdict
 * says to take the slow path, which tells what is wrong; it is not by itself an error.
 */
export const SCAN_VERDICTS = [
  'canonical',
  'bad-length',
  'not-an-object',
  'bad-name',
  'bad-value',
  'missing-field',
] as const;
export type ScanVerdict = 0 | 1 | 2 | 3 | 4 | 5;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const ONE = 0x31;
/** The shortest object. */
const LINE_BYTES_MIN = 2;

/** Whether the rest of a field's name, after its first word, stands at an index. */
function hasName(bytes: Uint8Array, at: number, field: number): boolean {
  const length = NAME_LENGTH[field] ?? 0;
  const words = field * NAME_WORDS_MAX;
  let word = 1;
  for (let offset = 4; offset < length; offset += 4, word += 1) {
    if (wordAt(bytes, at + (offset + 4 <= length ? offset : length - 4)) !== NAME_WORDS[words + word]) {
      return false;
    }
  }
  return true;
}

/** The field, after `last`, whose name with its marks stands at an index; NOT_SCANNED where none does. */
export function fieldAt(bytes: Uint8Array, at: number, last: number): number {
  const beginning = wordAt(bytes, at);
  const first = FIRST_FIELD[beginningOf(beginning)] ?? NOT_SCANNED;
  if (first === NOT_SCANNED) {
    return NOT_SCANNED;
  }
  for (let field = first > last ? first : last + 1; field < FIELDS.length; field += 1) {
    if (NAME_WORDS[field * NAME_WORDS_MAX] !== beginning) {
      return NOT_SCANNED; // past the names with this beginning
    }
    if (hasName(bytes, at, field)) {
      return field;
    }
  }
  return NOT_SCANNED;
}

/** The index of the quotation mark that closes one of an enumerated field's values. */
function scanEnum(bytes: Uint8Array, start: number, end: number, field: number): number {
  let close = start;
  while (close < end && bytes[close] !== QUOTE) {
    close += 1;
  }
  const length = close - start;
  const values = SCAN_VALUES[field] ?? [];
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (value?.length === length) {
      // From the end: values of one field tend to begin alike.
      let left = length;
      while (left > 0 && bytes[start + left - 1] === value[left - 1]) {
        left -= 1;
      }
      if (left === 0) {
        return close;
      }
    }
  }
  return NOT_SCANNED;
}

/** The index of the quotation mark that closes a string field's value. */
function scanText(bytes: Uint8Array, start: number, end: number, field: number, escapes: boolean): number {
  const close = scanString(bytes, start, end, escapes);
  const max = SCAN_MAX[field] ?? 0;
  const fits = close - start <= max || scannedLength(bytes, start, close) <= max;
  return close > start && fits ? close : NOT_SCANNED; // neither malformed nor empty nor too long
}

/** The index of the quotation mark that closes a value of any kind that is written in quotation marks. */
function scanQuoted(bytes: Uint8Array, start: number, end: number, field: number, kind: number): number {
  switch (kind) {
    case SCAN_STRING:
      return scanText(bytes, start, end, field, true);
    case SCAN_ESCAPE_FREE:
      return scanText(bytes, start, end, field, false);
    case SCAN_IP:
      return scanIp(bytes, start, end);
    case SCAN_TIMESTAMP:
      return scanTimestamp(bytes, start, end);
    default:
      return scanEnum(bytes, start, end, field);
  }
}

/** Scans the value of a field and notes where it lies. The index after the value, or NOT_SCANNED. */
export function scanValue(bytes: Uint8Array, start: number, end: number, field: number, slots: Int32Array): number {
  const kind = SCAN_KIND[field] ?? SCAN_STRING;
  let from = start;
  let to: number;
  if (kind === SCAN_INTEGER) {
    to = scanInteger(bytes, start, end, SCAN_MAX[field] ?? 0);
  } else if (kind === SCAN_LABELS) {
    to = scanLabels(bytes, start, end);
  } else if (kind === SCAN_VERSION) {
    to = bytes[start] === ONE ? start + 1 : NOT_SCANNED;
  } else {
    from = start + 1;
    if (bytes[start] !== QUOTE) {
      return NOT_SCANNED;
    }
    to = scanQuoted(bytes, from, end, field, kind);
  }
  if (to === NOT_SCANNED) {
    return NOT_SCANNED;
  }
  slots[2 * field] = from;
  slots[2 * field + 1] = to;
  return from === start ? to : to + 1;
}

/**
 * Checks the bytes [start, end) of a line, without its newline, and tells where each field's value lies. Verdict 0 is
 * given exactly where `parseLine` takes the line. `slots` must have SLOTS entries; for the field at index i of FIELDS
 * the value lies in [slots[2i], slots[2i + 1]), both -1 where the field is absent. A string's quotation marks are left
 * out and its escapes stand as they are (`stringAt` reads it); labels are the whole JSON object. After any other
 * verdict the slots mean nothing. Nothing is allocated: this is on every accepted record's path.
 */
export function scanLine(bytes: Uint8Array, start: number, end: number, slots: Int32Array): ScanVerdict {
  if (start < 0 || end > bytes.length || end - start < LINE_BYTES_MIN || end - start > LINE_BYTES_MAX) {
    return 1;
  }
  const last = end - 1;
  if (bytes[start] !== OPEN || bytes[last] !== CLOSE) {
    return 2;
  }
  slots.fill(-1);
  let field = -1;
  let required = 0;
  let at = start; // on the mark before the next name
  do {
    field = fieldAt(bytes, at + 1, field);
    if (field === NOT_SCANNED) {
      return 3;
    }
    // A name that runs past the line's end leaves no room for a value, which the next scan finds.
    at = scanValue(bytes, at + 1 + (NAME_LENGTH[field] ?? 0), last, field, slots);
    if (at === NOT_SCANNED || at > last) {
      return 4;
    }
    required += SCAN_REQUIRED[field] ?? 0;
  } while (bytes[at] === COMMA && at < last);
  if (at !== last) {
    return 4;
  }
  return required === REQUIRED_FIELDS ? 0 : 5;
}
