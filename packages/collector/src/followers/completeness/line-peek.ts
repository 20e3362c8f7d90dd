import { microsFromTimestamp } from '@portledger/format';

/** `{"action":"`: a canonical line's names are in order, and no name comes before this one. */
const ACTION_AT = 11;
const TIMESTAMP_NAME = Buffer.from('"timestamp":"');
const TIMESTAMP_BYTES = 27;
const [LETTER_A, LETTER_C, LETTER_E, LETTER_H, LETTER_R] = [0x61, 0x63, 0x65, 0x68, 0x72];

/** Whether a line may be one by which an observer tells of itself: asked of every line, so by two bytes of its action. */
export function mayBeNotice(lines: Uint8Array, start: number): boolean {
  const first = lines[start + ACTION_AT];
  const second = lines[start + ACTION_AT + 1];
  if (first === LETTER_C) return second === LETTER_A;
  return (first === LETTER_H || first === LETTER_R) && second === LETTER_E;
}

/** Event time of a canonical line in epoch microseconds. The last such name is the record's own: labels stand before it. */
export function timeOfLine(lines: Uint8Array, start: number, end: number): number {
  const at = nameBefore(lines, start, end) + TIMESTAMP_NAME.length;
  const text = Buffer.from(lines.buffer, lines.byteOffset + at, TIMESTAMP_BYTES).toString('latin1');
  const micros = microsFromTimestamp(text);
  if (micros === undefined) throw new Error('a line of the ledger has no time');
  return micros;
}

function nameBefore(lines: Uint8Array, start: number, end: number): number {
  const [quote] = TIMESTAMP_NAME;
  for (let at = end - TIMESTAMP_NAME.length - TIMESTAMP_BYTES; at > start; at -= 1) {
    if (lines[at] !== quote || lines[at + 1] !== TIMESTAMP_NAME[1]) continue;
    let same = 2;
    while (same < TIMESTAMP_NAME.length && lines[at + same] === TIMESTAMP_NAME[same]) same += 1;
    if (same === TIMESTAMP_NAME.length) return at;
  }
  throw new Error('a line of the ledger has no time');
}
