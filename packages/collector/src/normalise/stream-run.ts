import type { Batch } from '../ledger/ledger-shapes.ts';

/** Length of a canonical timestamp, `YYYY-MM-DDTHH:MM:SS.ffffffZ`. */
const TIMESTAMP_BYTES = 27;

type Piece = { readonly bytes: Buffer; readonly start: number; end: number };
type TimestampAt = { readonly bytes: Buffer; readonly at: number };

/** Canonical timestamps are of one length and in ASCII, so bytes compare as times do. */
function isBefore(left: Buffer, leftAt: number, right: Buffer, rightAt: number): boolean {
  for (let index = 0; index < TIMESTAMP_BYTES; index += 1) {
    const a = left[leftAt + index] ?? 0;
    const b = right[rightAt + index] ?? 0;
    if (a !== b) return a < b;
  }
  return false;
}

/**
 * Canonical lines of one stream with consecutive numbers, on their way to be one batch. Lines that lie side by side in
 * the same buffer stay where they are: a body that holds one run is handed to the ledger as a slice of itself.
 */
export class StreamRun {
  readonly observer: string;
  readonly session: string;
  readonly firstSeq: number;
  /** The number that the next line of this run must have. */
  nextSeq: number;
  /** Lines from this number on are refused: the stream is numbered by the collector and has not come that far. */
  readonly seqEnd: number;
  /** Retention class of every line. */
  readonly className: string;
  /** Whether the collector numbers it. */
  readonly isOurs: boolean;
  readonly #pieces: Piece[] = [];
  #last: Piece | undefined;
  #ends = new Uint32Array(64);
  #count = 0;
  #bytes = 0;
  #first: TimestampAt | undefined;
  #latest: TimestampAt | undefined;

  constructor(stream: {
    observer: string;
    session: string;
    seq: number;
    seqEnd: number;
    className: string;
    isOurs: boolean;
  }) {
    this.observer = stream.observer;
    this.session = stream.session;
    this.firstSeq = stream.seq;
    this.nextSeq = stream.seq;
    this.seqEnd = stream.seqEnd;
    this.className = stream.className;
    this.isOurs = stream.isOurs;
  }

  get count(): number {
    return this.#count;
  }

  /** Adds the line in [`start`, `end`), `end` being just past its newline; its timestamp's text begins at `timestampAt`. */
  add(bytes: Buffer, start: number, end: number, timestampAt: number): void {
    const last = this.#last;
    if (last !== undefined && last.bytes === bytes && last.end === start) last.end = end;
    else {
      this.#last = { bytes, start, end };
      this.#pieces.push(this.#last);
    }
    if (this.#count === this.#ends.length) {
      const wider = new Uint32Array(this.#ends.length * 2);
      wider.set(this.#ends);
      this.#ends = wider;
    }
    this.#bytes += end - start;
    this.#ends[this.#count] = this.#bytes;
    this.#count += 1;
    this.nextSeq += 1;
    this.#noteTimestamp(bytes, timestampAt);
  }

  /** Takes over the lines of a run that begins where this one ends. */
  absorb(next: StreamRun): void {
    const ends = new Uint32Array(this.#count + next.#count);
    ends.set(this.#ends.subarray(0, this.#count));
    for (let index = 0; index < next.#count; index += 1)
      ends[this.#count + index] = this.#bytes + (next.#ends[index] ?? 0);
    this.#ends = ends;
    this.#count += next.#count;
    this.#bytes += next.#bytes;
    this.nextSeq = next.nextSeq;
    this.#pieces.push(...next.#pieces);
    this.#last = undefined;
    for (const time of [next.#first, next.#latest]) if (time !== undefined) this.#noteTimestamp(time.bytes, time.at);
  }

  /** `className` is another than the run's own where what was signed together has to stay together. */
  toBatch(className = this.className): Batch {
    return {
      observer: this.observer,
      session: this.session,
      firstSeq: this.firstSeq,
      count: this.#count,
      class: className,
      lines: this.#lines(),
      lineEnds: this.#ends.subarray(0, this.#count),
      firstTimestamp: textAt(this.#first),
      lastTimestamp: textAt(this.#latest),
      ...(this.isOurs && { mustFollow: true }),
    };
  }

  #noteTimestamp(bytes: Buffer, at: number): void {
    const latest = this.#latest;
    if (latest === undefined || isBefore(latest.bytes, latest.at, bytes, at)) this.#latest = { bytes, at };
    const first = this.#first;
    if (first === undefined || isBefore(bytes, at, first.bytes, first.at)) this.#first = { bytes, at };
  }

  #lines(): Buffer {
    const only = this.#pieces[0];
    if (only !== undefined && this.#pieces.length === 1) return only.bytes.subarray(only.start, only.end);
    return Buffer.concat(
      this.#pieces.map((piece) => piece.bytes.subarray(piece.start, piece.end)),
      this.#bytes,
    );
  }
}

function textAt(timestamp: TimestampAt | undefined): string {
  if (timestamp === undefined) throw new Error('a run without lines has no time');
  return timestamp.bytes.toString('latin1', timestamp.at, timestamp.at + TIMESTAMP_BYTES);
}
