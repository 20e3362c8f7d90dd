import type { Result } from '@portledger/format';
import { fieldRefs, type FieldRef } from './field-ref.ts';
import { wordsTerm, termOf, type WrittenRange } from './field-term.ts';
import { matchesAnything } from './glob.ts';
import { parseIpRange } from './ip-range.ts';
import { QUERY_DEPTH_MAX, QUERY_LENGTH_MAX, QUERY_TERMS_MAX } from './limits.ts';
import { allOf, anyOf, type Query, type QueryFault } from './query.ts';
import { QueryFaultError, Scanner } from './scanner.ts';

/** Where a value stands: outside any field, or after `field:` (two fields for `ip`, `port` and `host`). */
type Place = readonly FieldRef[] | undefined;

/**
 * Reads a filter text. An empty one matches everything. Pure: `now` is given, so the same text and time give the same
 * query.
 *
 * @param options.now what `now` means, in epoch microseconds
 * @returns the query, or what is wrong, where, and what to write instead; never throws
 */
export function parseQuery(text: string, options: { readonly now: number }): Result<Query, QueryFault> {
  if (text.length > QUERY_LENGTH_MAX) {
    const message = `The filter has ${text.length} characters; at most ${QUERY_LENGTH_MAX} are taken`;
    return { ok: false, fault: { code: 'too-long', position: QUERY_LENGTH_MAX, message } };
  }
  try {
    return { ok: true, value: new Parser(text, options.now).query() };
  } catch (error) {
    if (error instanceof QueryFaultError) return { ok: false, fault: error.fault };
    throw error;
  }
}

class Parser {
  readonly #scanner: Scanner;
  readonly #nowMicros: number;
  #depth = 0;
  #terms = 0;

  constructor(text: string, nowMicros: number) {
    this.#scanner = new Scanner(text);
    this.#nowMicros = nowMicros;
  }

  query(): Query {
    if (this.#scanner.peek() === '') return { kind: 'all' };
    const query = this.#disjunction(undefined);
    const rest = this.#scanner.peek();
    if (rest !== '') throw this.#unexpected(rest);
    return query;
  }

  #disjunction(place: Place): Query {
    const operands = [this.#conjunction(place)];
    while (this.#scanner.takeKeyword('OR') || this.#scanner.take('||')) operands.push(this.#conjunction(place));
    return anyOf(operands);
  }

  #conjunction(place: Place): Query {
    const operands = [this.#negation(place)];
    for (;;) {
      const explicit = this.#scanner.takeKeyword('AND') || this.#scanner.take('&&');
      const next = this.#scanner.peek();
      if (!explicit && (next === '' || next === ')' || this.#scanner.atOr())) return allOf(operands);
      operands.push(this.#negation(place));
    }
  }

  #negation(place: Place): Query {
    if (this.#scanner.takeKeyword('NOT') || this.#scanner.take('!') || this.#scanner.take('-')) {
      return this.#nested(() => ({ kind: 'not', operand: this.#negation(place) }));
    }
    this.#scanner.take('+');
    return this.#primary(place);
  }

  #primary(place: Place): Query {
    const next = this.#scanner.peek();
    if (next === '(') {
      const start = this.#scanner.position;
      this.#scanner.take('(');
      const inner = this.#nested(() => this.#disjunction(place));
      if (!this.#scanner.take(')')) {
        throw new QueryFaultError('syntax', start, 'The parenthesis is never closed', 'Add a ) at the end.');
      }
      return inner;
    }
    return place === undefined ? this.#bare(next) : this.#value(place);
  }

  /** A word of its own, or `field:` and what follows. */
  #bare(next: string): Query {
    if (next === '"') return this.#counted(wordsTerm(this.#scanner.quoted()), 1);
    this.#refuseStray(next);
    const raw = this.#scanner.rawWord();
    const address = parseIpRange(raw);
    if (address !== undefined) {
      this.#scanner.position += raw.length;
      const sides = (['src_ip', 'dest_ip'] as const).map((name): Query => ({
        kind: 'ip-range',
        name,
        low: address.low,
        high: address.high,
      }));
      return this.#counted(anyOf(sides), 2);
    }
    const word = this.#scanner.word('lead');
    if (this.#scanner.next() === ':') return this.#field(word.position, word.text);
    if (/^(?:and|or|not)$/.test(word.text)) {
      const hint = `Write ${word.text.toUpperCase()} for the operator, or "${word.text}" in quotes for the word.`;
      throw new QueryFaultError('syntax', word.position, `“${word.text}” could be an operator or a word`, hint);
    }
    if (matchesAnything(word.glob)) return { kind: 'all' };
    return this.#counted(wordsTerm(word), 3);
  }

  #field(position: number, name: string): Query {
    this.#scanner.take(':');
    if (name === '*') {
      if (this.#scanner.word('value').text === '*') return { kind: 'all' };
      throw new QueryFaultError(
        'syntax',
        position,
        '“*:” takes only “*”',
        'Leave out “*:” to search the main text fields.',
      );
    }
    const fields = fieldRefs(name, position);
    if (this.#scanner.next() !== '(') return this.#value(fields);
    return this.#primary(fields);
  }

  /** One value of a field: a comparison, a range, a quoted text or a word. */
  #value(fields: readonly FieldRef[]): Query {
    const start = this.#scanner.position;
    const next = this.#scanner.peek();
    if (next === '[' || next === '{') {
      const range = this.#range();
      return this.#counted(anyOf(fields.map((field) => termOf(field, range, this.#nowMicros))), fields.length);
    }
    const sign = ['>=', '<=', '>', '<'].find((symbol) => this.#scanner.take(symbol));
    const char = this.#scanner.peek();
    if (char !== '"' && (char === '' || /[()[\]{}]/.test(char))) {
      throw new QueryFaultError(
        'syntax',
        start,
        'A value is missing here',
        'Write field:value, or field:* for any value.',
      );
    }
    const written = char === '"' ? this.#scanner.quoted() : this.#scanner.word('value');
    const bound = { written, inclusive: sign?.endsWith('=') ?? false };
    const value: WrittenRange | typeof written =
      sign === undefined
        ? written
        : {
            position: start,
            low: sign.startsWith('>') ? bound : undefined,
            high: sign.startsWith('<') ? bound : undefined,
          };
    return this.#counted(anyOf(fields.map((field) => termOf(field, value, this.#nowMicros))), fields.length);
  }

  #range(): WrittenRange {
    const position = this.#scanner.position;
    const lowInclusive = this.#scanner.take('[');
    if (!lowInclusive) this.#scanner.take('{');
    const low = this.#bound(lowInclusive, position);
    if (!this.#scanner.takeKeyword('TO')) {
      throw new QueryFaultError('syntax', this.#scanner.position, 'TO is missing in the range', 'Write [low TO high].');
    }
    const high = this.#bound(false, position);
    const highInclusive = this.#scanner.take(']');
    if (!highInclusive && !this.#scanner.take('}')) {
      throw new QueryFaultError('syntax', position, 'The range is never closed', 'Add ] (value included) or } (not).');
    }
    return { position, low, high: high === undefined ? undefined : { ...high, inclusive: highInclusive } };
  }

  #bound(inclusive: boolean, rangePosition: number): WrittenRange['low'] {
    const char = this.#scanner.peek();
    const written = char === '"' ? this.#scanner.quoted() : this.#scanner.word('value');
    if (!written.quoted && written.text === '') {
      throw new QueryFaultError(
        'syntax',
        rangePosition,
        'A bound is missing in the range',
        'Write [low TO high]; * leaves a side open.',
      );
    }
    return !written.quoted && written.text === '*' ? undefined : { written, inclusive };
  }

  #nested(read: () => Query): Query {
    this.#depth += 1;
    if (this.#depth > QUERY_DEPTH_MAX) {
      const message = `Parentheses and NOT are nested deeper than ${QUERY_DEPTH_MAX}`;
      throw new QueryFaultError('too-deep', this.#scanner.position, message);
    }
    const query = read();
    this.#depth -= 1;
    return query;
  }

  #counted(query: Query, terms: number): Query {
    this.#terms += terms;
    if (this.#terms > QUERY_TERMS_MAX) {
      const message = `The filter has more than ${QUERY_TERMS_MAX} terms`;
      throw new QueryFaultError('too-many-terms', this.#scanner.position, message);
    }
    return query;
  }

  #refuseStray(next: string): void {
    if (next === '' || next === ')') throw this.#unexpected(next);
    if (next === ':' || /[[\]{}]/.test(next)) throw this.#unexpected(next);
    for (const keyword of ['AND', 'OR', 'TO'] as const) {
      const position = this.#scanner.position;
      if (this.#scanner.takeKeyword(keyword)) {
        throw new QueryFaultError(
          'syntax',
          position,
          `${keyword} stands where a term is expected`,
          `Quote it ("${keyword}") to search for the word.`,
        );
      }
    }
  }

  #unexpected(next: string): QueryFaultError {
    const position = this.#scanner.position;
    if (next === '') return new QueryFaultError('syntax', position, 'The filter ends where a term is expected');
    if (next === ')')
      return new QueryFaultError('syntax', position, 'There is no ( for this )', 'Take it away, or quote it.');
    return new QueryFaultError(
      'syntax',
      position,
      `“${next}” does not belong here`,
      'Quote the text, or put a \\ before it.',
    );
  }
}
