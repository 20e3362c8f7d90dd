import {
  DEFAULT_RETENTION_CLASS,
  FIELD_INDEX,
  PLAIN_LINE_GROWTH_BYTES_MAX,
  PlainLineWriter,
  SLOTS,
  canonicalLine,
  integerAt,
  longestKept,
  parseLine,
  readRecord,
  scanLine,
  stringAt,
} from '@portledger/format';
import type { AccessRecord, FieldName, RecordFault } from '@portledger/format';
import type { Batch } from '../ledger/ledger-shapes.ts';
import {
  BODY_RECORDS_MAX,
  INPUT_LINE_BYTES_MAX,
  QUARANTINE_BODY_LINES_MAX,
  QUARANTINE_RAW_BYTES_MAX,
  REFUSALS_TOLD_MAX,
  SLICE_LINES_MAX,
  SLICE_PARSED_LINES_MAX,
} from '../limits.ts';
import type { DoorStreams, StreamLease } from './door-stream.ts';
import { LineRoom } from './line-room.ts';
import { isNotice } from './observer-notice.ts';
import { RecordParser } from './record-parser.ts';
import type { RecordSource } from './record-source.ts';
import type { QuarantinedLine, Refusal } from './refusal.ts';
import type { RetentionClassifier } from './retention-class.ts';
import type { Sender } from './sender.ts';
import { StreamRun } from './stream-run.ts';

const LINE_FEED = 0x0a;

function indexOf(field: FieldName): number {
  const index = FIELD_INDEX.get(field);
  if (index === undefined) throw new Error(`the record has no field ${field}`);
  return index;
}

const ACTION = indexOf('action');
const OBSERVER = indexOf('observer');
const OBSERVER_KIND = indexOf('observer_kind');
const SEQ = indexOf('seq');
const SESSION = indexOf('session');
const TIMESTAMP = indexOf('timestamp');
const SYSTEM_KIND = Buffer.from('system');
const SEQ_LAST = Number.MAX_SAFE_INTEGER;

/** Where a line stands in its stream, and its retention class. */
type RunPlace = Pick<AccessRecord, 'observer' | 'session' | 'seq'> & { readonly className: string };

/** What became of a slice of the body. `stream-needed`: the next record needs a number; give a lease and go on. */
export type IntakeState =
  | 'more'
  | 'stream-needed'
  | 'done'
  | { readonly fault: 'body-invalid' | 'too-many-records'; readonly message: string };

function isSameText(
  bytes: Uint8Array,
  leftStart: number,
  leftEnd: number,
  rightStart: number,
  rightEnd: number,
): boolean {
  if (leftEnd - leftStart !== rightEnd - rightStart) return false;
  for (let left = leftStart, right = rightStart; left < leftEnd; left += 1, right += 1) {
    if (bytes[left] !== bytes[right]) return false;
  }
  return true;
}

/** Sorts each stream's runs by number and joins those of one class that follow on one another. */
function joinRuns(runs: readonly StreamRun[]): StreamRun[] {
  const streams = Map.groupBy(runs, (run) => `${run.observer}\n${run.session}`);
  const joined: StreamRun[] = [];
  for (const ofStream of streams.values()) {
    let last: StreamRun | undefined;
    for (const run of ofStream.toSorted((a, b) => a.firstSeq - b.firstSeq)) {
      if (last?.nextSeq === run.firstSeq && last.className === run.className) last.absorb(run);
      else {
        joined.push(run);
        last = run;
      }
    }
  }
  return joined;
}

/**
 * Reads one body's records in slices: canonical lines are scanned and kept as the bytes they are, others are parsed
 * generously and written anew. A record that cannot be taken is refused by itself. Nothing is written here.
 */
export class Intake {
  readonly refusals: Refusal[] = [];
  readonly quarantined: QuarantinedLine[] = [];
  /** Records by which an observer tells of itself: start, heartbeat, loss, stop. */
  readonly notices: AccessRecord[] = [];
  refusedTotal = 0;
  records = 0;
  readonly #bytes: Buffer;
  readonly #source: RecordSource;
  readonly #sender: Sender;
  readonly #streams: DoorStreams;
  readonly #classes: RetentionClassifier;
  /** Classes of the records of a body that must not be cut. */
  readonly #wholeClasses: Set<string> | undefined;
  readonly #slots = new Int32Array(SLOTS);
  readonly #plain = new PlainLineWriter();
  readonly #rewritten: LineRoom;
  readonly #parser = new RecordParser();
  readonly #runs: StreamRun[] = [];
  readonly #latest = new Map<string, StreamRun>();
  #current: StreamRun | undefined;
  #observerStart = 0;
  #observerEnd = 0;
  #sessionStart = 0;
  #sessionEnd = 0;
  #lease: StreamLease | undefined;
  #isPending = false;

  constructor(body: {
    bytes: Buffer;
    source: RecordSource;
    sender: Sender;
    streams: DoorStreams;
    classes: RetentionClassifier;
    /** What a sender signed is one batch, whatever classes its records are of. */
    isWhole?: boolean;
  }) {
    this.#bytes = body.bytes;
    this.#rewritten = new LineRoom(body.bytes.length);
    this.#source = body.source;
    this.#sender = body.sender;
    this.#streams = body.streams;
    this.#classes = body.classes;
    this.#wholeClasses = body.isWhole === true ? new Set() : undefined;
  }

  /** Gives the right to number records, once `step` asked for it. The caller commits and releases it. */
  useLease(lease: StreamLease): void {
    this.#lease = lease;
  }

  /** Reads on for about a millisecond. */
  step(): IntakeState {
    let parsedLines = 0;
    for (let lines = 0; lines < SLICE_LINES_MAX && parsedLines < SLICE_PARSED_LINES_MAX; lines += 1) {
      if (!this.#isPending) {
        const next = this.#source.next();
        if (!next.ok) return { fault: 'body-invalid', message: next.fault.message };
        if (!next.value) return 'done';
        this.records += 1;
        if (this.records > BODY_RECORDS_MAX) {
          return { fault: 'too-many-records', message: `The body holds more than ${BODY_RECORDS_MAX} records.` };
        }
      }
      const { start, end } = this.#source;
      if (end - start > INPUT_LINE_BYTES_MAX) {
        this.#refuse({
          code: 'line-too-long',
          reason: `The record has ${end - start} bytes; at most ${INPUT_LINE_BYTES_MAX} are taken.`,
        });
        parsedLines += 1;
      } else if (scanLine(this.#bytes, start, end, this.#slots) === 0) {
        this.#takeScanned(start, end);
      } else {
        this.#isPending = this.#lease === undefined;
        if (this.#lease === undefined) return 'stream-needed';
        if (!this.#takePlain(this.#lease, start, end)) {
          this.#takeParsed(this.#lease, start, end);
          parsedLines += 1;
        }
      }
    }
    return 'more';
  }

  /**
   * The accepted records as batches, each stream's in the order of its numbers: an export that lists the latest first
   * would otherwise be a hole for each record. Called once, at the end: it uses the runs up.
   */
  batches(): Batch[] {
    const runs = this.#runs.filter((run) => run.count > 0);
    const ordered = runs.length === this.#latest.size ? runs : joinRuns(runs);
    // Too long kept rather than too short, where one batch has records of several classes.
    const whole = longestKept(this.#classes.policy.classes, this.#wholeClasses ?? new Set());
    return ordered.map((run) => run.toBatch(whole));
  }

  #classOf(bytes: Uint8Array): string {
    const className = this.#classes.classOf(bytes, this.#slots);
    if (this.#wholeClasses === undefined) return className;
    this.#wholeClasses.add(className);
    return DEFAULT_RETENTION_CLASS;
  }

  #takeScanned(start: number, end: number): void {
    const slots = this.#slots;
    const bytes = this.#bytes;
    const observerStart = slots[2 * OBSERVER] ?? 0;
    const observerEnd = slots[2 * OBSERVER + 1] ?? 0;
    const sessionStart = slots[2 * SESSION] ?? 0;
    const sessionEnd = slots[2 * SESSION + 1] ?? 0;
    let run = this.#current;
    if (
      run === undefined ||
      !isSameText(bytes, observerStart, observerEnd, this.#observerStart, this.#observerEnd) ||
      !isSameText(bytes, sessionStart, sessionEnd, this.#sessionStart, this.#sessionEnd)
    ) {
      run = undefined;
    }
    const seq = integerAt(bytes, slots, SEQ) ?? 0;
    const className = this.#classOf(bytes);
    if (run?.nextSeq !== seq || run.className !== className) {
      const [observer, session] = [stringAt(bytes, slots, OBSERVER) ?? '', stringAt(bytes, slots, SESSION) ?? ''];
      run = this.#runFor({ observer, session, seq, className });
      this.#current = run;
      this.#observerStart = observerStart;
      this.#observerEnd = observerEnd;
      this.#sessionStart = sessionStart;
      this.#sessionEnd = sessionEnd;
      if (run === undefined) return;
    }
    if (!this.#isPermitted(run, seq, bytes)) return;
    bytes[end] = LINE_FEED;
    run.add(bytes, start, end + 1, slots[2 * TIMESTAMP] ?? 0);
    this.#noteNotice(bytes, start, end);
  }

  /** Takes a record that can be numbered and written without parsing it; false where it is to be parsed. */
  #takePlain(lease: StreamLease, start: number, end: number): boolean {
    const { bytes, at } = this.#rewritten.room(end - start + PLAIN_LINE_GROWTH_BYTES_MAX);
    let className = DEFAULT_RETENTION_CLASS;
    let lineEnd = this.#writePlain(lease, className, start, end, bytes, at);
    if (lineEnd === -1) return false;
    const own = this.#classOf(bytes);
    if (own !== className) {
      // What we number has a stream for each class, so that a class can be pruned without a hole in another.
      className = own;
      lineEnd = this.#writePlain(lease, className, start, end, bytes, at);
    }
    const { session, seq } = lease.next(className);
    const run = this.#runFor({ observer: lease.observer, session, seq, className }, true);
    if (run === undefined || !this.#isPermitted(run, seq, bytes)) return true;
    bytes[lineEnd] = LINE_FEED;
    this.#rewritten.use(lineEnd + 1 - at);
    run.add(bytes, at, lineEnd + 1, this.#slots[2 * TIMESTAMP] ?? 0);
    this.#current = undefined;
    lease.use(className);
    this.#noteNotice(bytes, at, lineEnd);
    return true;
  }

  #writePlain(lease: StreamLease, className: string, start: number, end: number, out: Buffer, at: number): number {
    const { session, seq } = lease.next(className);
    const stamp = { observer: lease.observer, observer_kind: 'import', session, seq } as const;
    return this.#plain.write(this.#bytes, start, end, stamp, out, at, this.#slots);
  }

  #takeParsed(lease: StreamLease, start: number, end: number): void {
    const input = this.#parser.parse(this.#bytes, start, end);
    if (!input.ok) {
      this.#refuse(input.fault);
      return;
    }
    const stamp = {
      observer: lease.observer,
      observer_kind: 'import',
      ...lease.next(DEFAULT_RETENTION_CLASS),
    } as const;
    const read = readRecord(input.value, stamp);
    if (!read.ok) {
      this.#refuseFault(read.fault);
      return;
    }
    let record = read.value;
    let bytes = this.#lineOf(record);
    if (bytes === undefined) return;
    const className = this.#classOf(bytes);
    const isNumbered =
      record.session === stamp.session && record.seq === stamp.seq && record.observer === stamp.observer;
    if (isNumbered && className !== DEFAULT_RETENTION_CLASS) {
      // What we number has a stream for each class, so that a class can be pruned without a hole in another.
      record = { ...record, ...lease.next(className) };
      bytes = this.#lineOf(record);
      if (bytes === undefined) return;
    }
    const run = this.#runFor({ ...record, className }, isNumbered);
    if (run === undefined || !this.#isPermitted(run, record.seq, bytes)) return;
    run.add(bytes, 0, bytes.length, this.#slots[2 * TIMESTAMP] ?? 0);
    // A line in between has moved the current stream on: the next scanned line must look its run up again.
    this.#current = undefined;
    if (isNumbered) lease.use(className);
    this.#noteNotice(bytes, 0, bytes.length - 1);
  }

  /** The record's canonical line, ended by a newline and scanned; undefined where it was refused. */
  #lineOf(record: AccessRecord): Buffer | undefined {
    const line = canonicalLine(record);
    const bytes = Buffer.from(`${line}\n`);
    if (scanLine(bytes, 0, bytes.length - 1, this.#slots) === 0) return bytes;
    const strict = parseLine(line);
    if (strict.ok) throw new Error('the line scanner refuses what the strict parser takes');
    this.#refuseFault(strict.fault);
    return undefined;
  }

  /** The run that a line continues, or a new one; undefined when the sender may not write to this stream. */
  #runFor(place: RunPlace, isOurs = false): StreamRun | undefined {
    const { observer, session, seq, className } = place;
    if (!this.#sender.isAnyObserverAllowed && observer !== this.#sender.observer) {
      this.#refuse({
        field: 'observer',
        code: 'observer-mismatch',
        reason: `This token writes as observer ${JSON.stringify(this.#sender.observer)}, not as ${JSON.stringify(observer)}.`,
      });
      return undefined;
    }
    const key = `${observer}\n${session}`;
    const latest = this.#latest.get(key);
    if (latest?.nextSeq === seq && latest.className === className) return latest;
    const seqEnd = isOurs ? Number.POSITIVE_INFINITY : (this.#streams.nextSeq(session) ?? Number.POSITIVE_INFINITY);
    const run = new StreamRun({ observer, session, seq, seqEnd, className, isOurs });
    this.#runs.push(run);
    this.#latest.set(key, run);
    return run;
  }

  /** Checks that hang on the single line; its slots are those of `bytes`. */
  #isPermitted(run: StreamRun, seq: number, bytes: Uint8Array): boolean {
    if (seq >= SEQ_LAST) {
      // The number after it could not be written exactly, so a stream that reached it could not go on.
      this.#refuse({ field: 'seq', code: 'out-of-range', reason: `seq is ${seq}; a stream ends at ${SEQ_LAST - 1}.` });
      return false;
    }
    if (seq >= run.seqEnd) {
      this.#refuse({
        field: 'session',
        code: 'session-reserved',
        reason: 'This session is numbered by the collector, which has not given this number yet.',
      });
      return false;
    }
    const kindStart = this.#slots[2 * OBSERVER_KIND] ?? 0;
    const kindEnd = this.#slots[2 * OBSERVER_KIND + 1] ?? 0;
    if (this.#sender.isAnyObserverAllowed || kindEnd - kindStart !== SYSTEM_KIND.length) return true;
    for (let index = 0; index < SYSTEM_KIND.length; index += 1) {
      if (bytes[kindStart + index] !== SYSTEM_KIND[index]) return true;
    }
    this.#refuse({
      field: 'observer_kind',
      code: 'observer-kind-reserved',
      reason: 'Only the collector itself reports as kind "system".',
    });
    return false;
  }

  #noteNotice(bytes: Buffer, start: number, end: number): void {
    const from = this.#slots[2 * ACTION] ?? 0;
    const to = this.#slots[2 * ACTION + 1] ?? 0;
    if (!isNotice(bytes, from, to)) return;
    const record = parseLine(bytes.toString('utf8', start, end));
    if (record.ok) this.notices.push(record.value);
  }

  #refuseFault(fault: RecordFault): void {
    this.#refuse({
      code: fault.code,
      reason: fault.message,
      ...(fault.field === undefined ? {} : { field: fault.field }),
    });
  }

  #refuse(refused: Omit<Refusal, 'line'>): void {
    const { start, end, line } = this.#source;
    const refusal: Refusal = { line, ...refused };
    this.refusedTotal += 1;
    if (this.refusals.length < REFUSALS_TOLD_MAX) this.refusals.push(refusal);
    if (this.quarantined.length >= QUARANTINE_BODY_LINES_MAX) return;
    const raw = this.#bytes.toString('utf8', start, Math.min(end, start + QUARANTINE_RAW_BYTES_MAX));
    this.quarantined.push({ refusal, raw, rawBytes: end - start });
  }
}
