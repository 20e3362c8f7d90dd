import type { Result } from '@portledger/format';
import { measureNesting, stringEnd } from './json-nesting.ts';

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;

export type BodyFault = { readonly message: string };

/**
 * Gives the records of a body one by one as byte ranges. After `next` returned true the record lies in
 * [`start`, `end`), its number from 1 is `line`, and the byte at `end` has been read already: the intake may overwrite
 * it with a newline and so use the body's own bytes as a canonical line. The body must be one byte longer than `length`.
 */
export interface RecordSource {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  /** False at the end of the body; a fault when the body as a whole cannot be read. */
  next(): Result<boolean, BodyFault>;
}

const MORE: Result<boolean, BodyFault> = { ok: true, value: true };
const END: Result<boolean, BodyFault> = { ok: true, value: false };

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === TAB || byte === CARRIAGE_RETURN;
}

/** Skips a UTF-8 byte order mark. */
function bodyStart(bytes: Uint8Array, length: number): number {
  return length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** One record a line. Blank lines are counted, not given. */
export class LineSource implements RecordSource {
  start = 0;
  end = 0;
  line = 0;
  readonly #bytes: Buffer;
  readonly #length: number;
  #at: number;

  constructor(bytes: Buffer, length: number, linesBefore = 0) {
    this.#bytes = bytes;
    this.#length = length;
    this.#at = bodyStart(bytes, length);
    this.line = linesBefore;
  }

  next(): Result<boolean, BodyFault> {
    const bytes = this.#bytes;
    while (this.#at < this.#length) {
      const found = bytes.indexOf(LINE_FEED, this.#at);
      const lineEnd = found === -1 || found > this.#length ? this.#length : found;
      let start = this.#at;
      let end = lineEnd;
      this.#at = lineEnd + 1;
      this.line += 1;
      while (start < end && isBlank(bytes[start])) start += 1;
      while (end > start && isBlank(bytes[end - 1])) end -= 1;
      if (start === end) continue;
      this.start = start;
      this.end = end;
      return MORE;
    }
    return END;
  }
}

/** One JSON text: an array whose elements are records, or a single object. */
export class JsonSource implements RecordSource {
  start = 0;
  end = 0;
  line = 0;
  readonly #bytes: Buffer;
  readonly #length: number;
  #at: number;
  #place: 'before' | 'element' | 'after' = 'before';
  #isArray = false;

  constructor(bytes: Buffer, length: number) {
    this.#bytes = bytes;
    this.#length = length;
    this.#at = bodyStart(bytes, length);
  }

  next(): Result<boolean, BodyFault> {
    if (this.#place === 'before') this.#open();
    if (this.#place === 'after') return this.#finish();
    const bytes = this.#bytes;
    const start = this.#skipBlanks(this.#at);
    if (this.#isArray && bytes[start] === CLOSE_BRACKET && this.line === 0) {
      this.#at = start + 1;
      this.#place = 'after';
      return this.#finish();
    }
    const end = this.#valueEnd(start);
    if (end === undefined || end === start) return this.#fault(start);
    const delimiter = this.#isArray ? this.#skipBlanks(end) : end;
    const byte = bytes[delimiter];
    if (this.#isArray && (delimiter >= this.#length || (byte !== COMMA && byte !== CLOSE_BRACKET)))
      return this.#fault(delimiter);
    this.#at = this.#isArray ? delimiter + 1 : delimiter;
    if (!this.#isArray) {
      // The intake may put a newline at `end`; what follows a single value is judged before that.
      const rest = this.#skipBlanks(end);
      if (rest < this.#length) return this.#fault(rest);
      this.#at = this.#length;
    }
    if (!this.#isArray || byte === CLOSE_BRACKET) this.#place = 'after';
    this.start = start;
    this.end = end;
    this.line += 1;
    return MORE;
  }

  #open(): void {
    this.#at = this.#skipBlanks(this.#at);
    this.#isArray = this.#bytes[this.#at] === OPEN_BRACKET;
    if (this.#isArray) this.#at += 1;
    this.#place = this.#isArray || this.#at < this.#length ? 'element' : 'after';
  }

  #finish(): Result<boolean, BodyFault> {
    const rest = this.#skipBlanks(this.#at);
    return rest < this.#length ? this.#fault(rest) : END;
  }

  #valueEnd(start: number): number | undefined {
    const byte = this.#bytes[start];
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      const nesting = measureNesting(this.#bytes, start, this.#length);
      return nesting.isClosed ? nesting.end : undefined;
    }
    if (byte === QUOTE) return stringEnd(this.#bytes, start, this.#length);
    let at = start;
    while (
      at < this.#length &&
      this.#bytes[at] !== COMMA &&
      this.#bytes[at] !== CLOSE_BRACKET &&
      !isBlank(this.#bytes[at])
    )
      at += 1;
    return at;
  }

  #skipBlanks(from: number): number {
    let at = from;
    while (at < this.#length && isBlank(this.#bytes[at])) at += 1;
    return at;
  }

  #fault(at: number): Result<boolean, BodyFault> {
    const where = at >= this.#length ? 'it ends too early' : `byte ${at} does not fit`;
    return { ok: false, fault: { message: `The body is not one JSON object or array: ${where}.` } };
  }
}
