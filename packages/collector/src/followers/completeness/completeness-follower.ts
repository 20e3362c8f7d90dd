import type { BatchEntry, BlockManifest } from '@portledger/format';
import { TILE_WIDTH, microsFromTimestamp, parseLine } from '@portledger/format';
import type { Chunk, Cursor, Ledger } from '../../ledger/ledger-shapes.ts';
import { compareCursors, LEDGER_START } from '../ledger-source.ts';
import { CompletenessChanges } from './completeness-changes.ts';
import { untold } from './completeness-state.ts';
import type { Hole } from './completeness-state.ts';
import type { CompletenessStore } from './completeness-store.ts';
import { BUCKET_MS, SAVE_MS, SILENT_INTERVALS } from './limits.ts';
import { mayBeNotice, timeOfLine } from './line-peek.ts';

/** A hole in a signing observer's numbers, to be told by a record. */
export type FoundHole = Hole & { readonly observer: string; readonly session: string };

export type FollowerOptions = {
  readonly ledger: Pick<Ledger, 'follow' | 'head' | 'published'>;
  readonly store: CompletenessStore;
  /** Writes a record of a hole and resolves to whether it is durable; undefined where nothing may be written. */
  readonly tellHole: ((hole: FoundHole) => Promise<boolean>) | undefined;
  readonly onFailure: (error: unknown) => void;
};

const BUCKET_MICROS = BUCKET_MS * 1_000;
/** A batch within which no silence can be: heartbeats are at least a second apart. Its lines' times need no reading. */
const SHORT_BATCH_MICROS = SILENT_INTERVALS * 1_000_000;

function bucketOf(micros: number): number {
  return Math.floor(micros / BUCKET_MICROS);
}

/** Follows the ledger and keeps the account of what each observer saw, delivered, lost and left out. */
export class CompletenessFollower implements AsyncDisposable {
  readonly #options: FollowerOptions;
  readonly #changes: CompletenessChanges;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #timer: NodeJS.Timeout;
  /** What was durable at the start: only past it is it known which holes are told already. */
  readonly #started: Cursor;
  readonly #telling = new Set<string>();
  /** Nothing is followed any more: what is known is all that will be. */
  #hasEnded = false;
  #cursor: Cursor;
  #latestMicros: number;
  #waiting: (() => void)[] = [];

  constructor(options: FollowerOptions) {
    const { ledger, store, onFailure } = options;
    this.#options = options;
    this.#started = ledger.head().durable;
    let place = store.place();
    if (place !== undefined && compareCursors(place.cursor, this.#started) > 0) {
      store.reset(); // the ledger was put back: what was followed is not in it any more
      place = undefined;
    }
    this.#changes = new CompletenessChanges(store);
    this.#cursor = place?.cursor ?? LEDGER_START;
    this.#latestMicros = place?.latestMicros ?? 0;
    this.#timer = setInterval(() => this.save(), SAVE_MS);
    this.#timer.unref();
    this.#running = this.#follow()
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) onFailure(error);
      })
      .finally(() => {
        this.#hasEnded = true;
        this.#wakeWaiting();
      });
  }

  /** When the collector took the last record followed, epoch microseconds. */
  get latestMicros(): number {
    return this.#latestMicros;
  }

  /** Resolves once what is durable now is followed and saved. */
  async caughtUp(): Promise<void> {
    const { durable } = this.#options.ledger.head();
    while (compareCursors(this.#cursor, durable) < 0 && !this.#isAt(durable) && !this.#hasEnded) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.save();
  }

  save(): void {
    const changes = this.#changes.take();
    this.#options.store.save({ cursor: this.#cursor, latestMicros: this.#latestMicros, ...changes });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort();
    await this.#running;
    this.save();
  }

  /** A block that ends where the next one begins is the same place. */
  #isAt({ block, position }: Cursor): boolean {
    return position === 0 && this.#cursor.block === block - 1 && this.#cursor.position > 0;
  }

  async #follow(): Promise<void> {
    const { ledger } = this.#options;
    for await (const chunk of ledger.follow(this.#cursor, this.#stop.signal)) {
      for (let block = this.#cursor.block + 1; block < chunk.block; block += 1) this.#unread(block);
      if (chunk.pruned === undefined) this.#take(chunk);
      else this.#unread(chunk.block);
      this.#cursor = { block: chunk.block, position: chunk.position + chunk.count + (chunk.pruned ?? 0) };
      this.#tellHoles();
      this.#wakeWaiting();
    }
  }

  #wakeWaiting(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** A block whose lines are pruned: its manifest still tells which numbers it held. */
  #unread(block: number): void {
    const manifest = this.#options.ledger.published.manifests(Math.floor(block / TILE_WIDTH))[block % TILE_WIDTH];
    if (manifest !== undefined) for (const batch of manifest.batches) this.#numbersOf(batch, manifest);
  }

  #numbersOf(batch: BatchEntry, { first_timestamp: first, last_timestamp: last }: BlockManifest): void {
    const times = { firstMicros: microsFromTimestamp(first) ?? 0, lastMicros: microsFromTimestamp(last) ?? 0 };
    this.#changes.part({ ...partOf(batch, batch.first_seq, batch.count), ...times });
  }

  #take(chunk: Chunk): void {
    for (const batch of chunk.batches) {
      const from = Math.max(batch.position, chunk.position) - chunk.position;
      const to = Math.min(batch.position + batch.count, chunk.position + chunk.count) - chunk.position;
      if (from >= to) continue;
      this.#takeBatch(chunk, batch, from, to);
      this.#latestMicros = Math.max(this.#latestMicros, microsFromTimestamp(batch.received) ?? 0);
    }
  }

  /** Lines `from` to `to` (excluded) of a chunk, which are of one batch. */
  #takeBatch(chunk: Chunk, batch: Chunk['batches'][number], from: number, to: number): void {
    const { lines } = chunk;
    const [firstMicros, lastMicros] = [timeAt(chunk, from), timeAt(chunk, to - 1)];
    const firstSeq = batch.first_seq + chunk.position + from - batch.position;
    const { observer } = batch;
    this.#changes.part({ ...partOf(batch, firstSeq, to - from), firstMicros, lastMicros });
    this.#changes.heard(observer, firstMicros);
    const isShort = lastMicros - firstMicros <= SHORT_BATCH_MICROS && bucketOf(firstMicros) === bucketOf(lastMicros);
    if (isShort) this.#changes.delivered(observer, firstMicros, to - from);
    for (let line = from; line < to; line += 1) {
      if (!isShort) this.#timed(chunk, line, observer);
      if (mayBeNotice(lines, startOf(chunk, line))) this.#notice(chunk, line);
    }
    this.#changes.heard(observer, lastMicros);
  }

  #timed(chunk: Chunk, line: number, observer: string): void {
    const micros = timeAt(chunk, line);
    this.#changes.delivered(observer, micros, 1);
    this.#changes.heard(observer, micros);
  }

  #notice(chunk: Chunk, line: number): void {
    const { buffer, byteOffset } = chunk.lines;
    const start = startOf(chunk, line);
    const text = Buffer.from(buffer, byteOffset + start, endOf(chunk, line) - start).toString();
    const record = parseLine(text);
    if (!record.ok || !NOTICES.has(record.value.action)) return;
    this.#changes.notice(record.value, microsFromTimestamp(record.value.timestamp) ?? 0);
  }

  #tellHoles(): void {
    const { tellHole } = this.#options;
    if (tellHole === undefined || compareCursors(this.#cursor, this.#started) < 0) return;
    for (const { observer, session, isSigned, ...stream } of this.#changes.changed()) {
      if (!isSigned) continue;
      for (const hole of untold({ observer, session, isSigned, ...stream })) {
        const key = JSON.stringify([observer, session, hole.from, hole.to]);
        if (this.#telling.has(key)) continue;
        this.#telling.add(key);
        void this.#tell(key, tellHole({ observer, session, ...hole }));
      }
    }
  }

  /** A hole that could not be told is tried again when its stream goes on. */
  async #tell(key: string, told: Promise<boolean>): Promise<void> {
    if (!(await told)) this.#telling.delete(key);
  }
}

const NOTICES: ReadonlySet<string> = new Set(['capture-started', 'capture-stopped', 'heartbeat', 'records-lost']);

function partOf(batch: BatchEntry, firstSeq: number, count: number) {
  const { observer, session, signed } = batch;
  const isFirstPart = signed?.first_seq === firstSeq;
  const isChainBroken = isFirstPart && firstSeq > 0 && signed.previous === undefined;
  return { observer, session, firstSeq, count, isSigned: signed !== undefined, isChainBroken };
}

function startOf({ lineEnds }: Chunk, line: number): number {
  return line === 0 ? 0 : (lineEnds[line - 1] ?? 0);
}

function endOf({ lineEnds }: Chunk, line: number): number {
  return (lineEnds[line] ?? 1) - 1;
}

function timeAt(chunk: Chunk, line: number): number {
  return timeOfLine(chunk.lines, startOf(chunk, line), endOf(chunk, line));
}
