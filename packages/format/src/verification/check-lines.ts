import { FIELD_INDEX } from '../fields.ts';
import type { BatchEntry } from '../manifest.ts';
import { RunScanner } from '../scan-run.ts';
import { parseLine } from '../strict-parse.ts';
import { GAPS_MAX, heartbeatMsOf, isGap, isMarked } from './batch-span.ts';
import type { BatchSpan, Mark } from './batch-span.ts';
import { FAULTS_TOLD_MAX } from './lines-check.ts';
import type { LineFault, LinesCheck } from './lines-check.ts';
import type { FindingCode } from './verify-log.ts';

const OBSERVER = 2 * (FIELD_INDEX.get('observer') ?? 0);
const SESSION = 2 * (FIELD_INDEX.get('session') ?? 0);
const SEQ = 2 * (FIELD_INDEX.get('seq') ?? 0);
const TIMESTAMP = 2 * (FIELD_INDEX.get('timestamp') ?? 0);
const ACTION = 2 * (FIELD_INDEX.get('action') ?? 0);

/** Letters of a timestamp up to its minute: where these are the same there is no gap worth telling. */
const MINUTE_LETTERS = 16;
/** First letters of the actions that are looked into; the others that share one are told apart by parsing. */
const LOOKED_INTO = new Set(['h', 'r', 'c', 'p'].map((letter) => letter.charCodeAt(0)));
/** `connection-…`, told from `config-changed`. */
const CONNECTION_PREFIX = 'conn';

const utf8 = new TextEncoder();
const decoder = new TextDecoder();

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

/** Where two runs of bytes of the same length first differ; their length where they do not. */
function firstDifference(bytes: Uint8Array, left: number, right: number, length: number): number {
  for (let at = 0; at < length; at++) if (bytes[left + at] !== bytes[right + at]) return at;
  return length;
}

/** Reads a run of lines against the batches that it must consist of. */
class LinesReader {
  readonly faults: LineFault[] = [];
  readonly spans: (BatchSpan | undefined)[] = [];
  readonly marks: Mark[] = [];
  readonly #lines: Uint8Array;
  readonly #scanner: RunScanner;
  /** Of the line scanned last. */
  #slots: Int32Array;
  /** Where the least and greatest timestamp of the batch stand; -1 before the first. */
  #first = -1;
  #last = -1;
  #timestampBytes = 0;
  #gaps: (readonly [string, string])[] = [];
  #heartbeatMs: number | undefined;

  constructor(lines: Uint8Array) {
    this.#lines = lines;
    this.#scanner = new RunScanner(lines);
    this.#slots = this.#scanner.slots;
  }

  #fault(code: FindingCode, line: number, message: string): void {
    if (this.faults.length < FAULTS_TOLD_MAX) this.faults.push({ code, line, message });
  }

  batch(batch: BatchEntry, lineEnds: Uint32Array, from: number): void {
    const observer = utf8.encode(batch.observer);
    const session = utf8.encode(batch.session);
    const to = Math.min(from + batch.count, lineEnds.length);
    this.#first = this.#last = -1;
    this.#gaps = [];
    this.#heartbeatMs = undefined;
    for (let line = from; line < to; line++) {
      const start = line === 0 ? 0 : (lineEnds[line - 1] ?? 0);
      const end = (lineEnds[line] ?? 0) - 1;
      if (!this.#isCanonical(line, start, end)) continue;
      this.#checkStream(line, observer, session, batch.first_seq + (line - from));
      this.#takeTimestamp();
      this.#takeAction(line, start, end);
    }
    this.spans.push(this.#span());
  }

  #isCanonical(line: number, start: number, end: number): boolean {
    const verdict = this.#scanner.scan(start, end);
    this.#slots = this.#scanner.slots;
    if (verdict === 0) return true;
    const parsed = parseLine(decoder.decode(this.#lines.subarray(start, end)));
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

  /** Timestamps are texts of one length, so they compare as bytes; nearly all come in order. */
  #takeTimestamp(): void {
    const lines = this.#lines;
    const at = this.#slots[TIMESTAMP] ?? 0;
    const length = (this.#slots[TIMESTAMP + 1] ?? 0) - at;
    if (this.#first < 0) {
      this.#timestampBytes = length;
      this.#first = this.#last = at;
      return;
    }
    const differs = firstDifference(lines, at, this.#last, length);
    if (differs === length) return;
    if ((lines[at + differs] ?? 0) > (lines[this.#last + differs] ?? 0)) {
      if (differs < MINUTE_LETTERS && this.#gaps.length < GAPS_MAX) {
        const [before, after] = [this.#text(this.#last), this.#text(at)];
        if (isGap(before, after)) this.#gaps.push([before, after]);
      }
      this.#last = at;
      return;
    }
    const earlier = firstDifference(lines, at, this.#first, length);
    if (earlier < length && (lines[at + earlier] ?? 0) < (lines[this.#first + earlier] ?? 0)) this.#first = at;
  }

  #takeAction(line: number, start: number, end: number): void {
    const at = this.#slots[ACTION] ?? 0;
    if (!LOOKED_INTO.has(this.#lines[at] ?? 0)) return;
    if (this.#lines[at] === CONNECTION_PREFIX.charCodeAt(0) && this.#lines[at + 3] === CONNECTION_PREFIX.charCodeAt(3))
      return;
    const action = decoder.decode(this.#lines.subarray(at, this.#slots[ACTION + 1] ?? at));
    const isFirstHeartbeat = action === 'heartbeat' && this.#heartbeatMs === undefined;
    if (!isFirstHeartbeat && !isMarked(action)) return;
    const parsed = parseLine(decoder.decode(this.#lines.subarray(start, end)));
    if (!parsed.ok) return; // the scan took it, so it is one
    if (isFirstHeartbeat) this.#heartbeatMs = heartbeatMsOf(parsed.value);
    else this.marks.push({ line, record: parsed.value });
  }

  #text(at: number): string {
    return decoder.decode(this.#lines.subarray(at, at + this.#timestampBytes));
  }

  #span(): BatchSpan | undefined {
    if (this.#first < 0) return undefined;
    const span = { first: this.#text(this.#first), last: this.#text(this.#last), gaps: this.#gaps };
    return this.#heartbeatMs === undefined ? span : { ...span, heartbeatMs: this.#heartbeatMs };
  }
}

/** Checks that every line is strictly canonical and stands where its batch says, and notes what it tells of its stream. */
export function checkLines(lines: Uint8Array, lineEnds: Uint32Array, batches: readonly BatchEntry[]): LinesCheck {
  const reader = new LinesReader(lines);
  let from = 0;
  for (const batch of batches) {
    reader.batch(batch, lineEnds, from);
    from += batch.count;
  }
  return { faults: reader.faults, spans: reader.spans, marks: reader.marks };
}
