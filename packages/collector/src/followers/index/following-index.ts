import { Worker } from 'node:worker_threads';
import type { Result } from '@portledger/format';
import type { Cursor } from '../../ledger/ledger-shapes.ts';
import { compareCursors, type FollowedChunk, type LedgerSource } from '../ledger-source.ts';
import type { CoreStatus } from './index-core.ts';
import { FeedBuffers } from './feed-buffers.ts';
import {
  ENGINE_THREADS,
  FEED_BUFFERS_FREE_MAX,
  FEED_BYTES_MAX,
  HALT_WAIT_MS,
  MEMORY_BYTES_MAX,
  QUERY_TIMEOUT_MS,
} from './limits.ts';
import type { IndexOptions } from './index-options.ts';
import type {
  BlockRange,
  Histogram,
  HistogramRequest,
  IndexStatus,
  RecordIndex,
  SearchFault,
  SearchPage,
  SearchRequest,
  TopList,
  TopRequest,
} from './record-index.ts';
import type { CallName, Calls, FromWorker, ToWorker, WorkerStart } from './worker-protocol.ts';

type Pending = { readonly resolve: (answer: unknown) => void; readonly reject: (error: Error) => void };
type Waiter = {
  readonly cursor: Cursor;
  readonly records: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
};

/** The side of the index that lives on the main thread: it reads the ledger for the index's thread and passes questions on. */
export class FollowingIndex implements RecordIndex {
  readonly #ledger: LedgerSource;
  readonly #worker: Worker;
  readonly #stop = new AbortController();
  /** Records before the cursor that were pruned before the index got to hold them, or before it was opened. */
  #absent: number;
  readonly #pending = new Map<number, Pending>();
  readonly #waiters = new Set<Waiter>();
  #status: CoreStatus;
  #state: IndexStatus['state'] = 'following';
  #failure: string | undefined;
  #calls = 0;
  readonly #buffers = new FeedBuffers(FEED_BUFFERS_FREE_MAX);
  #bytesUnderway = 0;
  #roomMade: () => void = () => undefined;
  #following: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(ledger: LedgerSource, worker: Worker, status: CoreStatus, absent: number) {
    this.#ledger = ledger;
    this.#absent = absent;
    this.#worker = worker;
    this.#status = status;
    worker.on('message', (message: FromWorker) => this.#take(message));
    worker.on('error', (error) => this.#fail(String(error)));
    worker.on('exit', () => this.#fail('the index’s thread ended'));
  }

  /**
   * A process that ends while DuckDB is at work on another thread is aborted by it. So where someone ends the process
   * without closing the index, it is waited until the thread has stopped what it does.
   */
  static #restAtExit(worker: Worker, rest: Int32Array<SharedArrayBuffer>): void {
    const halt = (): void => {
      worker.postMessage({ type: 'halt' } satisfies ToWorker, []);
      Atomics.wait(rest, 0, 0, HALT_WAIT_MS);
    };
    process.on('exit', halt);
    worker.once('exit', () => process.off('exit', halt));
  }

  static async open(options: IndexOptions): Promise<FollowingIndex> {
    const { vkey, durable } = options.ledger.head();
    const { dir, ledger, hotRecordsMax, hotAgeMaxMs } = options;
    const rest = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const start: WorkerStart = {
      dir,
      rest,
      // A log is its origin: its key may change.
      ledger: { vkey: vkey.split('+', 1)[0] ?? vkey, durable },
      memoryBytesMax: options.memoryBytesMax ?? MEMORY_BYTES_MAX,
      threads: options.threads ?? ENGINE_THREADS,
      queryTimeoutMs: options.queryTimeoutMs ?? QUERY_TIMEOUT_MS,
      ...(hotRecordsMax === undefined ? {} : { hotRecordsMax }),
      ...(hotAgeMaxMs === undefined ? {} : { hotAgeMaxMs }),
    };
    const worker = new Worker(new URL('./index-worker.ts', import.meta.url), {
      workerData: start,
      name: 'portledger-index',
    });
    FollowingIndex.#restAtExit(worker, rest);
    const status = await opened(worker);
    const absent = (await ledger.recordsBefore(status.cursor)) - status.records;
    const index = new FollowingIndex(ledger, worker, status, Math.max(0, absent));
    index.#following = index.#follow().catch((error: unknown) => index.#fail(String(error)));
    return index;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    for await (const chunk of this.#ledger.follow(this.#status.cursor, signal)) {
      while (this.#bytesUnderway >= FEED_BYTES_MAX && !signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#roomMade = resolve;
        });
      }
      if (signal.aborted) return;
      if (chunk.pruned === undefined) this.#feed(chunk);
      else {
        this.#absent += chunk.pruned;
        for (const waiter of this.#waiters) this.#settle(waiter);
      }
    }
  }

  #feed(chunk: FollowedChunk): void {
    // Copied, because the ledger goes on using its memory; the copies are handed over without another.
    const lines = this.#buffers.copyOf(chunk.lines);
    const lineEnds = new Uint32Array(chunk.lineEnds);
    const batches = chunk.batches.map(({ position, count, received }) => ({ position, count, received }));
    const { block, position, count } = chunk;
    this.#bytesUnderway += lines.length;
    const message: ToWorker = {
      type: 'feed',
      chunk: { block, position, count, class: chunk.class, lines, lineEnds, batches },
    };
    this.#worker.postMessage(message, [lines.buffer, lineEnds.buffer]);
  }

  #take(message: FromWorker): void {
    switch (message.type) {
      case 'opened':
        break;
      case 'status':
        this.#status = message.status;
        for (const waiter of this.#waiters) this.#settle(waiter);
        break;
      case 'fed':
        this.#bytesUnderway -= message.bytes;
        this.#buffers.takeBack(message.buffers);
        this.#roomMade();
        break;
      case 'answer':
        this.#pending.get(message.id)?.resolve(message.answer);
        this.#pending.delete(message.id);
        break;
      case 'refused':
        this.#pending.get(message.id)?.reject(new Error(message.message));
        this.#pending.delete(message.id);
        break;
      case 'failed':
        this.#fail(message.message);
        break;
      default:
        message satisfies never;
    }
  }

  /** The index stands still from here on; the ledger is untouched, and a restart goes on from the last file. */
  #fail(reason: string): void {
    if (this.#state === 'following') {
      this.#state = this.#closing === undefined ? 'failed' : 'closed';
      if (this.#closing === undefined) this.#failure = reason;
    }
    this.#stop.abort();
    this.#roomMade();
    const error = new Error(`the index has stopped: ${reason}`);
    for (const { reject } of [...this.#pending.values(), ...this.#waiters]) reject(error);
    this.#pending.clear();
    this.#waiters.clear();
  }

  async #call<N extends CallName>(name: N, request: Calls[N]['request']): Promise<Calls[N]['answer']> {
    this.#calls += 1;
    const id = this.#calls;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: (answer) => resolve(answer as Calls[N]['answer']), reject });
      this.#worker.postMessage({ type: 'call', id, call: { name, request } }, []);
    });
  }

  async #ask<N extends 'search' | 'top' | 'histogram' | 'count'>(
    name: N,
    request: Calls[N]['request'],
  ): Promise<Calls[N]['answer'] | Result<never, SearchFault>> {
    if (this.#state !== 'following' || this.#closing !== undefined) {
      return { ok: false, fault: { code: 'unavailable', message: this.#failure ?? 'The index is closed' } };
    }
    return this.#call(name, request);
  }

  async search(request: SearchRequest): Promise<Result<SearchPage, SearchFault>> {
    return this.#ask('search', request);
  }

  async top(request: TopRequest): Promise<Result<TopList, SearchFault>> {
    return this.#ask('top', request);
  }

  async histogram(request: HistogramRequest): Promise<Result<Histogram, SearchFault>> {
    return this.#ask('histogram', request);
  }

  async count(request: Calls['count']['request']): Promise<Result<number, SearchFault>> {
    return this.#ask('count', request);
  }

  async flush(): Promise<void> {
    await this.#call('flush', undefined);
  }

  status(): IndexStatus {
    return {
      ...this.#status,
      state: this.#state,
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
      lagRecords: Math.max(0, this.#ledger.head().records - this.#seen),
    };
  }

  /** Records of the ledger that are searchable, or were and have been pruned. */
  get #seen(): number {
    return this.#status.records + this.#status.recordsPruned + this.#absent;
  }

  async prune(ranges: readonly BlockRange[]): Promise<number> {
    return this.#call('prune', { ranges });
  }

  async reached(cursor: Cursor): Promise<void> {
    const { records } = this.#ledger.head();
    return new Promise((resolve, reject) => {
      if (this.#state !== 'following') reject(new Error(this.#failure ?? 'The index is closed'));
      const waiter: Waiter = { cursor, records, resolve, reject };
      this.#waiters.add(waiter);
      this.#settle(waiter);
    });
  }

  /** The end of one block and the start of the next are one place with two addresses, so the count decides as well. */
  #settle(waiter: Waiter): void {
    if (compareCursors(this.#status.cursor, waiter.cursor) < 0 && this.#seen < waiter.records) return;
    this.#waiters.delete(waiter);
    waiter.resolve();
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    this.#roomMade();
    await this.#following;
    // A failure now is told by the state; what could not be written is in the ledger.
    if (this.#state === 'following') await this.#call('close', undefined).catch(() => undefined);
    this.#state = this.#state === 'following' ? 'closed' : this.#state;
    await this.#worker.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function opened(worker: Worker): Promise<CoreStatus> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (message: FromWorker) => {
      worker.off('error', reject);
      if (message.type === 'opened') resolve(message.status);
      else reject(new Error(message.type === 'failed' ? message.message : `unexpected ${message.type}`));
    });
  });
}
