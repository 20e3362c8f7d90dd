import { NOT_SCANNED } from './scan-text.ts';

const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;

const QUOTE = 0x22;
/** The longest text of an address. */
const IP_BYTES_MAX = 39;

/** The index of the quotation mark after an address in the form that `ipText` writes; NOT_SCANNED where none is. */
export function scanIp(bytes: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, start + IP_BYTES_MAX + 1);
  let ipv6 = false;
  for (let at = start; at < limit; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const canonical = ipv6 ? isCanonicalIpv6(bytes, start, at) : isCanonicalIpv4(bytes, start, at);
      return canonical ? at : NOT_SCANNED;
    }
    ipv6 ||= byte === COLON;
  }
  return NOT_SCANNED;
}

/** Four decimal octets without leading zeros. */
function isCanonicalIpv4(bytes: Uint8Array, start: number, end: number): boolean {
  let octets = 0;
  let digits = 0;
  let value = 0;
  for (let at = start; at <= end; at += 1) {
    const byte = at === end ? DOT : (bytes[at] ?? 0);
    if (byte === DOT) {
      if (digits === 0 || value > 255) {
        return false;
      }
      octets += 1;
      digits = 0;
      value = 0;
    } else {
      const leadingZero = digits > 0 && value === 0;
      if (byte < ZERO || byte > 0x39 || leadingZero || digits === 3) {
        return false;
      }
      digits += 1;
      value = value * 10 + (byte - ZERO);
    }
  }
  return octets === 4;
}

function hexDigit(byte: number): number {
  return byte >= ZERO && byte <= 0x39 ? byte - ZERO : byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}

/** The groups read so far. `gap` is the number of groups before `::`, -1 without one; runs are of zero groups. */
type Groups = { count: number; gap: number; run: number; runBefore: number; runAfter: number; first: number };

/** Reads one group of hex digits without leading zeros; the index after it, or -1. */
function scanGroup(bytes: Uint8Array, start: number, end: number, groups: Groups): number {
  let at = start;
  let value = 0;
  while (at < end && at - start < 4) {
    const digit = hexDigit(bytes[at] ?? 0);
    if (digit === -1) {
      break;
    }
    value = value * 16 + digit;
    at += 1;
  }
  if (at === start || (bytes[start] === ZERO && at - start > 1)) {
    return -1;
  }
  groups.first = groups.count === 0 ? value : groups.first;
  groups.count += 1;
  groups.run = value === 0 ? groups.run + 1 : 0;
  if (groups.gap === -1) {
    groups.runBefore = Math.max(groups.runBefore, groups.run);
  } else {
    groups.runAfter = Math.max(groups.runAfter, groups.run);
  }
  // A zero next to the gap belongs into it.
  return value === 0 && groups.gap === groups.count - 1 ? -1 : at;
}

/** RFC 5952, section 4, and not an IPv4 address mapped into IPv6, which is written as IPv4. */
function isCanonicalIpv6(bytes: Uint8Array, start: number, end: number): boolean {
  const groups: Groups = { count: 0, gap: -1, run: 0, runBefore: 0, runAfter: 0, first: 0 };
  let at = start;
  if (bytes[at] === COLON) {
    at += 1;
    if (at >= end || bytes[at] !== COLON) {
      return false;
    }
    groups.gap = 0;
    at += 1;
  }
  while (at < end) {
    at = scanGroup(bytes, at, end, groups);
    if (at === -1 || at === end) {
      break;
    }
    if (bytes[at] !== COLON || at + 1 === end) {
      return false;
    }
    at += 1;
    if (bytes[at] === COLON) {
      if (groups.gap !== -1 || groups.run > 0) {
        return false; // a second gap, or a zero group before it that belongs into it
      }
      groups.gap = groups.count;
      at += 1;
    }
  }
  return at === end && isShortest(groups);
}

/** RFC 5952, section 4.2: the gap stands for the longest run of zeros, the first of equals, and for two at least. */
function isShortest({ count, gap, runBefore, runAfter, first }: Groups): boolean {
  if (gap === -1) {
    return count === 8 && runBefore < 2;
  }
  const length = 8 - count;
  const mapped = gap === 0 && count === 3 && first === 0xffff;
  return length >= 2 && runBefore < length && runAfter <= length && !mapped;
}
