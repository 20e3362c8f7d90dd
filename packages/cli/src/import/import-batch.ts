import { canonicalLine, readRecord } from '@portledger/format';
import type { AccessRecord, Result, StreamStamp } from '@portledger/format';
import { IMPORT_BATCH_BYTES, IMPORT_BATCH_RECORDS } from '../limits.ts';
import type { InputLine } from './input-lines.ts';

/** A line that was not taken: its number in the input, the field if one is at fault, the reason. */
export type Refusal = { readonly line: number; readonly field: string | undefined; readonly reason: string };

/** Lines to send in one request, and which line of the input each one is. */
export type ImportBatch = {
  readonly body: string;
  readonly lineNumbers: readonly number[];
  readonly refused: readonly Refusal[];
};

/** The stream that an import is: the observer's name and the session; records are numbered from 0. */
export type ImportStream = { readonly observer: string; readonly session: string };

/**
 * Numbers records and gathers them into batches. A record is numbered here and not by the door, so that the same request
 * sent again is known as the same. A line that can't be read goes along as it came: the collector refuses it, too, and
 * keeps it in its quarantine. `keepRefused` false leaves such lines out.
 */
export class ImportBatcher {
  readonly #stream: ImportStream;
  readonly #keepRefused: boolean;
  #seq = 0;
  #lines: string[] = [];
  #lineNumbers: number[] = [];
  #refused: Refusal[] = [];
  #bytes = 0;

  constructor(stream: ImportStream, keepRefused: boolean) {
    this.#stream = stream;
    this.#keepRefused = keepRefused;
  }

  /** A batch when this line fills one. */
  add(line: InputLine): ImportBatch | undefined {
    const { number, text } = line;
    if (text === undefined) {
      this.#refused.push({ line: number, field: undefined, reason: 'the line is too long' });
      return undefined;
    }
    const stamp: StreamStamp = { ...this.#stream, observer_kind: 'import', seq: this.#seq };
    const record = parsed(text, stamp);
    if (record.ok) {
      this.#take(canonicalLine(record.value), number);
      // A record that brings its own stream keeps its own number and takes none of ours.
      if (record.value.session === stamp.session && record.value.seq === stamp.seq) this.#seq += 1;
    } else {
      this.#refused.push({ line: number, ...record.fault });
      if (this.#keepRefused) this.#take(text, number);
    }
    return this.#lines.length >= IMPORT_BATCH_RECORDS || this.#bytes >= IMPORT_BATCH_BYTES ? this.flush() : undefined;
  }

  flush(): ImportBatch {
    const batch = {
      body: this.#lines.map((line) => `${line}\n`).join(''),
      lineNumbers: this.#lineNumbers,
      refused: this.#refused,
    };
    this.#lines = [];
    this.#lineNumbers = [];
    this.#refused = [];
    this.#bytes = 0;
    return batch;
  }

  #take(text: string, number: number): void {
    this.#lines.push(text);
    this.#lineNumbers.push(number);
    this.#bytes += text.length;
  }
}

function parsed(text: string, stamp: StreamStamp): Result<AccessRecord, Omit<Refusal, 'line'>> {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return { ok: false, fault: { field: undefined, reason: 'not JSON' } };
  }
  const record = readRecord(input, stamp);
  if (record.ok) return record;
  return { ok: false, fault: { field: record.fault.field, reason: record.fault.message } };
}
