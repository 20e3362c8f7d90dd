import { daysInMonth } from './timestamps.ts';
import { YEAR_MAX, YEAR_MIN } from './limits.ts';
import { NOT_SCANNED } from './scan-text.ts';

/** Digits of the largest safe integer. */
const DIGITS_MAX = 16;
/** Bytes of a timestamp. */
const TIMESTAMP_BYTES = 27;

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** The index after a whole number from 0 to `max` without leading zeros; NOT_SCANNED where there is none. */
export function scanInteger(bytes: Uint8Array, start: number, end: number, max: number): number {
  let at = start;
  let value = 0;
  while (at < end && isDigit(bytes[at] ?? 0)) {
    value = value * 10 + ((bytes[at] ?? 0) - 0x30);
    at += 1;
  }
  const digits = at - start;
  const leadingZero = digits > 1 && bytes[start] === 0x30;
  return digits === 0 || digits > DIGITS_MAX || leadingZero || value > max ? NOT_SCANNED : at;
}

/** The number that `scanInteger` took. */
export function integerOf(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    value = value * 10 + ((bytes[at] ?? 0) - 0x30);
  }
  return value;
}

/** Two digits as a number, or a number above 99 where they are none. */
function pair(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] ?? 0;
  const ones = bytes[at + 1] ?? 0;
  return isDigit(tens) && isDigit(ones) ? (tens - 0x30) * 10 + ones - 0x30 : 1000;
}

/**
 * The index of the quotation mark after a timestamp, `YYYY-MM-DDTHH:MM:SS.ffffffZ`, of a moment that exists;
 * NOT_SCANNED where there is none.
 */
export function scanTimestamp(bytes: Uint8Array, start: number, end: number): number {
  const close = start + TIMESTAMP_BYTES;
  return close < end && bytes[close] === 0x22 && isTimestamp(bytes, start) ? close : NOT_SCANNED;
}

function isTimestamp(bytes: Uint8Array, start: number): boolean {
  const marks =
    bytes[start + 4] === 0x2d &&
    bytes[start + 7] === 0x2d &&
    bytes[start + 10] === 0x54 &&
    bytes[start + 13] === 0x3a &&
    bytes[start + 16] === 0x3a &&
    bytes[start + 19] === 0x2e &&
    bytes[start + 26] === 0x5a;
  const year = pair(bytes, start) * 100 + pair(bytes, start + 2);
  const day = pair(bytes, start + 8);
  return (
    marks &&
    year >= YEAR_MIN &&
    year <= YEAR_MAX &&
    day >= 1 &&
    day <= daysInMonth(year, pair(bytes, start + 5)) &&
    pair(bytes, start + 11) <= 23 &&
    pair(bytes, start + 14) <= 59 &&
    pair(bytes, start + 17) <= 59 &&
    pair(bytes, start + 20) <= 99 &&
    pair(bytes, start + 22) <= 99 &&
    pair(bytes, start + 24) <= 99
  );
}
