const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const NOT_IN_ALPHABET = 255;
const VALUES = valuesByCharCode();

function valuesByCharCode(): Uint8Array {
  const values = new Uint8Array(128).fill(NOT_IN_ALPHABET);
  for (let value = 0; value < ALPHABET.length; value += 1) {
    values[ALPHABET.charCodeAt(value)] = value;
  }
  return values;
}

/** Standard base64 with padding (RFC 4648, section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const rest = bytes.length - at;
    const triple = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += ALPHABET.charAt(triple >>> 18) + ALPHABET.charAt((triple >>> 12) & 63);
    text += rest > 1 ? ALPHABET.charAt((triple >>> 6) & 63) : '=';
    text += rest > 2 ? ALPHABET.charAt(triple & 63) : '=';
  }
  return text;
}

function valueAt(text: string, at: number): number {
  return VALUES[text.charCodeAt(at)] ?? NOT_IN_ALPHABET;
}

/**
 * Decodes standard base64 with padding. Any text that `encodeBase64` would not write gives undefined: white space,
 * missing padding, another alphabet, or bits set past the last byte. So two texts never stand for the same bytes,
 * and every changed character of a signed text is noticed.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0) {
    return undefined;
  }
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let at = 0, out = 0; at < text.length; at += 4, out += 3) {
    const padded = at + 4 === text.length ? padding : 0;
    const a = valueAt(text, at);
    const b = valueAt(text, at + 1);
    const c = padded > 1 ? 0 : valueAt(text, at + 2);
    const d = padded > 0 ? 0 : valueAt(text, at + 3);
    if ((a | b | c | d) > 63) {
      return undefined;
    }
    const triple = (a << 18) | (b << 12) | (c << 6) | d;
    if ((padded === 2 && (triple & 0xffff) !== 0) || (padded === 1 && (triple & 0xff) !== 0)) {
      return undefined; // bits past the last byte: not what an encoder writes
    }
    bytes[out] = triple >>> 16;
    bytes[out + 1] = triple >>> 8;
    bytes[out + 2] = triple;
  }
  return bytes;
}
