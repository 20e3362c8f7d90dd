import { fail, ok } from '@portledger/format';
import type { Result } from '@portledger/format';
import { JSON_DEPTH_MAX } from '../limits.ts';
import { countMembers, measureNesting } from './json-nesting.ts';
import type { Refusal } from './refusal.ts';

type ParseFault = Pick<Refusal, 'code' | 'reason'>;

/** Parses the JSON text of one record, within the door's bounds and without a guess at what was meant. */
export class RecordParser {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  parse(bytes: Uint8Array, start: number, end: number): Result<unknown, ParseFault> {
    const nesting = measureNesting(bytes, start, end);
    if (nesting.depth > JSON_DEPTH_MAX) {
      const reason = `The record nests ${nesting.depth} deep; at most ${JSON_DEPTH_MAX} are taken.`;
      return fail({ code: 'too-deep', reason });
    }
    let text: string;
    try {
      text = this.#decoder.decode(bytes.subarray(start, end));
    } catch {
      return fail({ code: 'broken-unicode', reason: 'The record is not valid UTF-8.' });
    }
    try {
      const value: unknown = JSON.parse(text);
      if (countMembers(value) === nesting.members) return ok(value);
      // Which of two values counts is anybody's guess, and guesses have no place in a record.
      return fail({ code: 'repeated-name', reason: 'An object of the record has the same name twice.' });
    } catch (error) {
      const why = error instanceof SyntaxError ? error.message : 'it cannot be parsed';
      return fail({ code: 'not-json', reason: `The record is not valid JSON: ${why}.` });
    }
  }
}
