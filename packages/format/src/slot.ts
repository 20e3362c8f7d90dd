import { FIELD_INDEX } from './fields.ts';
import { integerOf } from './scan-number.ts';
import { rawText, textOf } from './scan-text.ts';

const LABELS = FIELD_INDEX.get('labels') ?? -1;

/**
 * The value of a field that `scanLine` noted, after verdict 0: of a string, timestamp, address or enumerated field with
 * its escapes read, of an integer its digits, of labels the JSON object. `field` is an index of FIELDS (FIELD_INDEX
 * gives it). Undefined where the field is absent.
 */
export function stringAt(bytes: Uint8Array, slots: Int32Array, field: number): string | undefined {
  const start = slots[2 * field] ?? -1;
  const end = slots[2 * field + 1] ?? -1;
  if (start === -1) {
    return undefined;
  }
  return field === LABELS ? rawText(bytes, start, end) : textOf(bytes, start, end);
}

/** The value of an integer or port field that `scanLine` noted; undefined where the field is absent. */
export function integerAt(bytes: Uint8Array, slots: Int32Array, field: number): number | undefined {
  const start = slots[2 * field] ?? -1;
  return start === -1 ? undefined : integerOf(bytes, start, slots[2 * field + 1] ?? start);
}
