import { LABELS_MAX, LABEL_NAME_BYTES_MAX, LABEL_VALUE_BYTES_MAX } from './limits.ts';
import { NOT_SCANNED, scanString, scannedLength, textOf } from './scan-text.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** The end of a string that is not empty and has at most `bytesMax` bytes, or NOT_SCANNED. */
function scanBounded(bytes: Uint8Array, start: number, end: number, bytesMax: number): number {
  const close = scanString(bytes, start, end);
  const fits = close - start <= bytesMax || scannedLength(bytes, start, close) <= bytesMax;
  return close <= start || !fits ? NOT_SCANNED : close;
}

/** Whether one name sorts before another, by UTF-16 code units (RFC 8785, section 3.2.3). */
function isBefore(bytes: Uint8Array, start: number, end: number, nextStart: number, nextEnd: number): boolean {
  for (let at = start, next = nextStart; at < end && next < nextEnd; at += 1, next += 1) {
    const a = bytes[at] ?? 0;
    const b = bytes[next] ?? 0;
    if (a > 0x7f || b > 0x7f || a === BACKSLASH || b === BACKSLASH) {
      // UTF-8 sorts by code points, and an escape by its backslash: neither is the order of code units.
      return textOf(bytes, start, end) < textOf(bytes, nextStart, nextEnd);
    }
    if (a !== b) {
      return a < b;
    }
  }
  return end - start < nextEnd - nextStart;
}

/** The index after a labels object that is not empty, sorted and in its bounds; NOT_SCANNED where it is not. */
export function scanLabels(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let lastStart = 0;
  let lastEnd = 0;
  for (let count = 0; count < LABELS_MAX; count += 1) {
    if (bytes[at] !== (count === 0 ? OPEN : COMMA) || bytes[at + 1] !== QUOTE) {
      return NOT_SCANNED;
    }
    const name = at + 2;
    const nameEnd = scanBounded(bytes, name, end, LABEL_NAME_BYTES_MAX);
    if (nameEnd === NOT_SCANNED || bytes[nameEnd + 1] !== COLON || bytes[nameEnd + 2] !== QUOTE) {
      return NOT_SCANNED;
    }
    if (count > 0 && !isBefore(bytes, lastStart, lastEnd, name, nameEnd)) {
      return NOT_SCANNED;
    }
    const valueEnd = scanBounded(bytes, nameEnd + 3, end, LABEL_VALUE_BYTES_MAX);
    if (valueEnd === NOT_SCANNED || valueEnd + 1 >= end) {
      return NOT_SCANNED;
    }
    at = valueEnd + 1;
    if (bytes[at] === CLOSE) {
      return at + 1;
    }
    lastStart = name;
    lastEnd = nameEnd;
  }
  return NOT_SCANNED;
}
