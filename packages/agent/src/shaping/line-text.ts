import { canonicalJson } from '@portledger/format';

/**
 * Text from outside made fit for the record: at most `bytesMax` UTF-8 bytes, cut at a character, no half of a
 * surrogate pair. Undefined for empty text, which a record does not hold.
 */
export function boundedText(text: string | undefined, bytesMax: number): string | undefined {
  if (text === undefined || text === '') return undefined;
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  if (whole.length * 3 <= bytesMax) return whole;
  const bytes = Buffer.from(whole);
  if (bytes.length <= bytesMax) return whole;
  let end = bytesMax;
  // Continuation bytes are 10xxxxxx: a cut before one would split a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end === 0 ? undefined : bytes.toString('utf8', 0, end);
}

/** `"name":value,` of a canonical line, or nothing where the value is unknown. */
export function textMember(name: string, value: string | undefined, bytesMax: number): string {
  const bounded = boundedText(value, bytesMax);
  return bounded === undefined ? '' : `"${name}":${canonicalJson(bounded)},`;
}

export function integerMember(name: string, value: number | undefined): string {
  return value === undefined || !Number.isSafeInteger(value) || value < 0 ? '' : `"${name}":${value},`;
}

/** `"labels":{…},` with names sorted as RFC 8785 does; nothing when there are none. */
export function labelsMember(labels: Readonly<Record<string, string>>, bytesMax: number): string {
  const bounded: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) {
    const text = boundedText(value, bytesMax);
    if (text !== undefined) bounded[name] = text;
  }
  return Object.keys(bounded).length === 0 ? '' : `"labels":${canonicalJson(bounded)},`;
}
