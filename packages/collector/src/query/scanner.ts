import { normalisedGlob, type Glob, type GlobPart } from './glob.ts';
import type { QueryFault, QueryFaultCode } from './query.ts';

/** Leaves the parser on its way to the caller as a value; never escapes `parseQuery`. */
export class QueryFaultError extends Error {
  readonly fault: QueryFault;

  constructor(code: QueryFaultCode, position: number, message: string, hint?: string) {
    super(message);
    this.fault = hint === undefined ? { code, position, message } : { code, position, message, hint };
  }
}

/** A word as written: `text` has its escapes undone and keeps `*` and `?`; `glob` tells wildcards from escaped ones. */
export type Written = {
  readonly text: string;
  readonly glob: Glob;
  readonly quoted: boolean;
  readonly position: number;
};

const SPACE = /\s/;
const DELIMITER = /[\s()[\]{}"]/;
const ESCAPED = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

/** Reads a filter text from left to right. What a word may hold depends on the place, so the parser asks for what it wants. */
export class Scanner {
  readonly #text: string;
  position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next character that is not space, without taking it; the empty string at the end. */
  peek(): string {
    while (SPACE.test(this.#text.charAt(this.position))) this.position += 1;
    return this.#text.charAt(this.position);
  }

  /** The very next character, space included. */
  next(): string {
    return this.#text.charAt(this.position);
  }

  /** Takes `symbol` if it comes next. */
  take(symbol: string): boolean {
    this.peek();
    if (!this.#text.startsWith(symbol, this.position)) return false;
    this.position += symbol.length;
    return true;
  }

  /** Takes a keyword if it stands next as a word of its own. */
  takeKeyword(keyword: 'AND' | 'OR' | 'NOT' | 'TO'): boolean {
    if (!this.#atKeyword(keyword)) return false;
    this.position += keyword.length;
    return true;
  }

  atOr(): boolean {
    this.peek();
    return this.#atKeyword('OR') || this.#text.startsWith('||', this.position);
  }

  #atKeyword(keyword: string): boolean {
    this.peek();
    const after = this.#text.charAt(this.position + keyword.length);
    return this.#text.startsWith(keyword, this.position) && (after === '' || DELIMITER.test(after));
  }

  /** The run of characters up to the next delimiter as it stands, without taking it. */
  rawWord(): string {
    this.peek();
    let end = this.position;
    while (end < this.#text.length && !DELIMITER.test(this.#text.charAt(end))) end += 1;
    return this.#text.slice(this.position, end);
  }

  /** Reads a bare word. Before a field's colon (`lead`) a colon ends it; in a value it belongs to it. */
  word(place: 'lead' | 'value'): Written {
    this.peek();
    const start = this.position;
    const parts: GlobPart[] = [];
    let text = '';
    for (let char = this.next(); char !== '' && !DELIMITER.test(char); char = this.next()) {
      if (char === ':' && place === 'lead') break;
      let literal = char;
      if (char === '\\') {
        this.position += 1;
        literal = this.#point();
        if (literal === '') {
          throw new QueryFaultError(
            'syntax',
            this.position - 1,
            'Nothing follows the backslash',
            'Write \\\\ for a backslash.',
          );
        }
      }
      this.position += literal.length;
      text += literal;
      if (char === '*') parts.push('many');
      else if (char === '?') parts.push('one');
      else parts.push({ literal });
    }
    return { text, glob: normalisedGlob(parts), quoted: false, position: start };
  }

  /** Reads a quoted text; the opening quote comes next. */
  quoted(): Written {
    const start = this.position;
    this.position += 1;
    let text = '';
    for (;;) {
      const char = this.#point();
      this.position += char.length;
      if (char === '"') break;
      if (char === '') throw new QueryFaultError('syntax', start, 'The quote is never closed', 'Add a " at the end.');
      text += char === '\\' ? this.#escape(start) : char;
    }
    return { text, glob: text === '' ? [] : [{ literal: text }], quoted: true, position: start };
  }

  #escape(start: number): string {
    const char = this.#point();
    if (char === '') throw new QueryFaultError('syntax', start, 'The quote is never closed', 'Add a " at the end.');
    this.position += char.length;
    if (char !== 'u') return ESCAPED.get(char) ?? char;
    const digits = this.#text.slice(this.position, this.position + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) {
      throw new QueryFaultError('syntax', this.position - 2, 'Four hex digits must follow \\u');
    }
    this.position += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #point(): string {
    const code = this.#text.codePointAt(this.position);
    return code === undefined ? '' : String.fromCodePoint(code);
  }
}
