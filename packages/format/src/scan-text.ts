/** Kinds of bytes inside a JSON string. */
const PLAIN = 0;
const QUOTE = 1;
const MULTIBYTE = 2;
/** A backslash, or a control character, which may not stand bare. */
const SPECIAL = 3;

const BYTE_KIND = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x22) {
    return QUOTE;
  }
  if (byte >= 0x80) {
    return MULTIBYTE;
  }
  return byte < 0x20 || byte === 0x5c ? SPECIAL : PLAIN;
});

/** Says that what was scanned is not what it must be. */
export const NOT_SCANNED = -1;

/**
 * Where a string ends: the index of its closing quotation mark, given the index after the opening one. NOT_SCANNED
 * where it is not valid UTF-8, not closed before `end`, escaped otherwise than RFC 8785 does, or escaped at all where
 * escapes are not allowed.
 */
export function scanString(bytes: Uint8Array, start: number, end: number, escapes: boolean = true): number {
  let at = start;
  while (at < end) {
    const kind = BYTE_KIND[bytes[at] ?? 0];
    if (kind === PLAIN) {
      at += 1;
    } else if (kind === QUOTE) {
      return at;
    } else {
      const next =
        kind === MULTIBYTE ? scanMultibyte(bytes, at, end) : escapes ? scanEscape(bytes, at, end) : NOT_SCANNED;
      if (next === NOT_SCANNED) {
        return NOT_SCANNED;
      }
      at = next;
    }
  }
  return NOT_SCANNED;
}

/** The index after a character of several bytes, well-formed by table 3-7 of the Unicode standard. */
function scanMultibyte(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at] ?? 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead < 0xc2 || lead > 0xf4 || at + length > end) {
    return NOT_SCANNED;
  }
  const second = bytes[at + 1] ?? 0;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) {
    return NOT_SCANNED;
  }
  for (let next = at + 2; next < at + length; next += 1) {
    if (((bytes[next] ?? 0) & 0xc0) !== 0x80) {
      return NOT_SCANNED;
    }
  }
  return at + length;
}

/** The index after an escape that RFC 8785, section 3.2.2.2 would write; a bare control character is none. */
function scanEscape(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end || bytes[at] !== 0x5c) {
    return NOT_SCANNED;
  }
  switch (bytes[at + 1] ?? 0) {
    case 0x22: // "
    case 0x5c: // \
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 2;
    case 0x75: // u
      return isControlEscape(bytes, at, end) ? at + 6 : NOT_SCANNED;
    default:
      return NOT_SCANNED;
  }
}

/** Whether `\u00XX` stands for a control character that has no shorter escape. */
function isControlEscape(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 6 > end || bytes[at + 2] !== 0x30 || bytes[at + 3] !== 0x30) {
    return false;
  }
  const high = (bytes[at + 4] ?? 0) - 0x30;
  const digit = bytes[at + 5] ?? 0;
  const low = digit >= 0x30 && digit <= 0x39 ? digit - 0x30 : digit >= 0x61 && digit <= 0x66 ? digit - 0x57 : -1;
  if ((high !== 0 && high !== 1) || low === -1) {
    return false;
  }
  const code = high * 16 + low;
  return code !== 0x08 && code !== 0x09 && code !== 0x0a && code !== 0x0c && code !== 0x0d;
}

/** UTF-8 bytes of the value of a scanned string: each escape stands for one byte. */
export function scannedLength(bytes: Uint8Array, start: number, end: number): number {
  let length = 0;
  for (let at = start; at < end; length += 1) {
    at += bytes[at] !== 0x5c ? 1 : bytes[at + 1] === 0x75 ? 6 : 2;
  }
  return length;
}

/** The value of a string whose raw text between its quotation marks has been scanned. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte > 0x7f || byte === 0x5c) {
      return decodeText(bytes, start, end);
    }
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeText(bytes: Uint8Array, start: number, end: number): string {
  const raw = rawText(bytes, start, end);
  return raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw;
}

/** A scanned range as it stands, its escapes not read. */
export function rawText(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start, end));
}
