import { FIELD_INDEX } from '../fields.ts';
import { SLOTS, scanLine } from '../line-scanner.ts';
import type { BatchEntry } from '../manifest.ts';
import { parseLine } from '../strict-parse.ts';
import type { FindingCode } from './verify-report.ts';

export type LineFault = { readonly code: FindingCode; readonly line: number; readonly message: string };

/** What a run of lines shows. `first` and `last` are the least and greatest timestamp, undefined where there is none. */
export type LinesCheck = {
  readonly faults: readonly LineFault[];
  readonly first: string | undefined;
  readonly last: string | undefined;
};

/** Faults told of one block; the first ones show what happened. */
const FAULTS_MAX = 8;

const OBSERVER = 2 * (FIELD_INDEX.get('observer') ?? 0);
const SESSION = 2 * (FIELD_INDEX.get('session') ?? 0);
const SEQ = 2 * (FIELD_INDEX.get('seq') ?? 0);
const TIMESTAMP = 2 * (FIELD_INDEX.get('timestamp') ?? 0);

const utf8 = new TextEncoder();

/** Whether `bytes[start, end)` is `text`. Names of streams are written without escapes. */
function isText(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text[at]) return false;
  return true;
}

function integerAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + ((bytes[at] ?? 0) - 0x30);
  return value;
}

/** Less than 0, 0 or more, like texts of the same length compare. */
function compare(bytes: Uint8Array, left: number, right: number, length: number): number {
  for (let at = 0; at < length; at++) {
    const difference = (bytes[left + at] ?? 0) - (bytes[right + at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Reads a run of lines against the batches that it must consist of. */
class LinesReader {
  readonly faults: LineFault[] = [];
  readonly #lines: Uint8Array;
  readonly #slots = new Int32Array(SLOTS);
  #first = -1;
  #last = -1;
  #timestampBytes = 0;

  constructor(lines: Uint8Array) {
    this.#lines = lines;
  }

  #fault(code: FindingCode, line: number, message: string): void {
    if (this.faults.length < FAULTS_MAX) this.faults.push({ code, line, message });
  }

  batch(batch: BatchEntry, lineEnds: Uint32Array, from: number): void {
    const observer = utf8.encode(batch.observer);
    const session = utf8.encode(batch.session);
    const to = Math.min(from + batch.count, lineEnds.length);
    for (let line = from; line < to; line++) {
      const start = line === 0 ? 0 : (lineEnds[line - 1] ?? 0);
      const end = (lineEnds[line] ?? 0) - 1;
      if (!this.#isCanonical(line, start, end)) continue;
      this.#checkStream(line, observer, session, batch.first_seq + (line - from));
      this.#takeTimestamp();
    }
  }

  #isCanonical(line: number, start: number, end: number): boolean {
    if (scanLine(this.#lines, start, end, this.#slots) === 0) return true;
    const parsed = parseLine(new TextDecoder().decode(this.#lines.subarray(start, end)));
    this.#fault('line-not-canonical', line, parsed.ok ? 'the line is not canonical' : parsed.fault.message);
    return false;
  }

  #checkStream(line: number, observer: Uint8Array, session: Uint8Array, seq: number): void {
    const slots = this.#slots;
    const fits =
      integerAt(this.#lines, slots[SEQ] ?? 0, slots[SEQ + 1] ?? 0) === seq &&
      isText(this.#lines, slots[SESSION] ?? 0, slots[SESSION + 1] ?? 0, session) &&
      isText(this.#lines, slots[OBSERVER] ?? 0, slots[OBSERVER + 1] ?? 0, observer);
    if (!fits)
      this.#fault('line-stream', line, `observer, session or seq differ from the manifest, which says seq ${seq}`);
  }

  #takeTimestamp(): void {
    const at = this.#slots[TIMESTAMP] ?? 0;
    this.#timestampBytes = (this.#slots[TIMESTAMP + 1] ?? 0) - at;
    if (this.#first < 0 || compare(this.#lines, at, this.#first, this.#timestampBytes) < 0) this.#first = at;
    if (this.#last < 0 || compare(this.#lines, at, this.#last, this.#timestampBytes) > 0) this.#last = at;
  }

  #text(at: number): string | undefined {
    return at < 0 ? undefined : new TextDecoder().decode(this.#lines.subarray(at, at + this.#timestampBytes));
  }

  result(): LinesCheck {
    return { faults: this.faults, first: this.#text(this.#first), last: this.#text(this.#last) };
  }
}

/** Checks that every line is strictly canonical and stands where its batch says. */
export function checkLines(lines: Uint8Array, lineEnds: Uint32Array, batches: readonly BatchEntry[]): LinesCheck {
  const reader = new LinesReader(lines);
  let from = 0;
  for (const batch of batches) {
    reader.batch(batch, lineEnds, from);
    from += batch.count;
  }
  return reader.result();
}
