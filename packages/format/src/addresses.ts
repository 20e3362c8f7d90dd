/** An IPv4 address as `ipText` writes it; most addresses are, and need no more reading. */
const CANONICAL_IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const DECIMAL_OCTET = /^(?:0|[1-9]\d{0,2})$/;
const HEX_GROUP = /^[0-9a-fA-F]{1,4}$/;
/** The longest text of an IPv6 address that carries an IPv4 tail. */
const ADDRESS_TEXT_MAX = 45;

/** Four bytes of a dotted IPv4 address. Leading zeros are refused: some readers take them as octal. */
function ipv4Bytes(text: string): Uint8Array | undefined {
  const octets = text.split('.');
  if (octets.length !== 4) {
    return undefined;
  }
  const bytes = new Uint8Array(4);
  for (const [at, octet] of octets.entries()) {
    if (!DECIMAL_OCTET.test(octet) || Number(octet) > 255) {
      return undefined;
    }
    bytes[at] = Number(octet);
  }
  return bytes;
}

/** Sixteen-bit groups of one side of a `::`; a dotted IPv4 tail gives two. Undefined where a group is malformed. */
function groupsOf(text: string, tailAllowed: boolean): number[] | undefined {
  if (text === '') {
    return [];
  }
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [at, part] of parts.entries()) {
    if (HEX_GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const tail = tailAllowed && at === parts.length - 1 ? ipv4Bytes(part) : undefined;
    if (tail === undefined) {
      return undefined;
    }
    const [a = 0, b = 0, c = 0, d = 0] = tail;
    groups.push((a << 8) | b, (c << 8) | d);
  }
  return groups;
}

/** The eight groups of an IPv6 address (RFC 4291, section 2.2), or undefined. */
function ipv6Groups(text: string): number[] | undefined {
  const gap = text.indexOf('::');
  if (gap === -1) {
    const groups = groupsOf(text, true);
    return groups?.length === 8 ? groups : undefined;
  }
  const left = groupsOf(text.slice(0, gap), false);
  const right = groupsOf(text.slice(gap + 2), true);
  if (left === undefined || right === undefined || left.length + right.length > 7) {
    return undefined;
  }
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
}

/** Bytes of an address: 4 for IPv4, and for IPv4 mapped into IPv6 (::ffff:a.b.c.d), else 16; undefined for no address. */
export function ipBytes(text: string): Uint8Array | undefined {
  if (text.length > ADDRESS_TEXT_MAX) {
    return undefined;
  }
  if (!text.includes(':')) {
    return ipv4Bytes(text);
  }
  const groups = ipv6Groups(text);
  if (groups === undefined) {
    return undefined;
  }
  const bytes = new Uint8Array(16);
  for (const [at, group] of groups.entries()) {
    bytes[at * 2] = group >>> 8;
    bytes[at * 2 + 1] = group;
  }
  return isMapped(bytes) ? bytes.slice(12) : bytes;
}

/** Whether 16 bytes are an IPv4 address mapped into IPv6 (RFC 4291, section 2.5.5.2). */
function isMapped(bytes: Uint8Array): boolean {
  return bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0);
}

/**
 * The canonical text of an address given as 4 or 16 bytes: dotted for IPv4 and for mapped IPv4, else RFC 5952.
 * Throws a RangeError on any other length.
 */
export function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) {
    return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  }
  if (bytes.length !== 16) {
    throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  }
  if (isMapped(bytes)) {
    return ipText(bytes.subarray(12));
  }
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0));
  const run = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (run.length < 2) {
    return hex.join(':');
  }
  return `${hex.slice(0, run.start).join(':')}::${hex.slice(run.start + run.length).join(':')}`;
}

/** RFC 5952, section 4.2.3: the longest run of zero groups is shortened, the first of equals. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [at, group] of groups.entries()) {
    if (group !== 0) {
      start = at + 1;
    } else if (at + 1 - start > best.length) {
      best = { start, length: at + 1 - start };
    }
  }
  return best;
}

/** The canonical text of an address in any notation; undefined for what is none, such as one with a zone id. */
export function canonicalIp(text: string): string | undefined {
  if (CANONICAL_IPV4.test(text)) {
    return text;
  }
  const bytes = ipBytes(text);
  return bytes === undefined ? undefined : ipText(bytes);
}

/**
 * 32 hex digits that sort as the addresses do, IPv4 among IPv6 as ::ffff:a.b.c.d.
 * Throws a RangeError on what is no address.
 */
export function ipSortKey(text: string): string {
  const bytes = ipBytes(text);
  if (bytes === undefined) {
    throw new RangeError(`not an address: ${JSON.stringify(text)}`);
  }
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length === 4 ? `00000000000000000000ffff${hex}` : hex;
}
