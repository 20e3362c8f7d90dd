import type { JsonObject, JsonValue } from './json-value.ts';

/**
 * Anything but the characters that a JSON string holds as they stand: it finds quotation marks, backslashes, controls,
 * and surrogates, of which half a pair has no UTF-8.
 */
const NEEDS_CARE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/**
 * A string as RFC 8785, section 3.2.2.2 writes it. Throws a TypeError on half of a surrogate pair, which has no
 * UTF-8: such text is refused where records come in, so one that gets here is a defect.
 */
export function canonicalString(text: string): string {
  return NEEDS_CARE.test(text) ? carefulString(text) : `"${text}"`;
}

function carefulString(text: string): string {
  if (!text.isWellFormed()) {
    throw new TypeError('a string holds half of a surrogate pair and has no UTF-8 form');
  }
  return JSON.stringify(text); // ECMAScript's escapes are those of RFC 8785
}

/** Sorts as RFC 8785, section 3.2.3 demands: by UTF-16 code units, which is JavaScript's own order of strings. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function canonicalObject(object: JsonObject): string {
  const members = Object.entries(object)
    .toSorted(([a], [b]) => byCodeUnits(a, b))
    .map(([name, member]) => `${canonicalString(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/**
 * RFC 8785 (JCS). Throws a TypeError on half of a surrogate pair and a RangeError on a number that JSON cannot hold.
 */
export function canonicalJson(value: JsonValue): string {
  if (typeof value === 'string') {
    return canonicalString(value);
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) {
      throw new RangeError(`JSON has no number ${value}`);
    }
    return String(value); // ECMAScript's form of a number is that of RFC 8785; -0 gives 0
  }
  if (typeof value === 'boolean' || value === null) {
    return String(value);
  }
  return isArray(value) ? `[${value.map((item) => canonicalJson(item)).join(',')}]` : canonicalObject(value);
}

/** Whether JSON writes a string without any escape, so that its UTF-8 bytes are those of its JSON form. */
export function isEscapeFree(text: string): boolean {
  return !NEEDS_CARE.test(text) || (text.isWellFormed() && JSON.stringify(text).length === text.length + 2);
}
