import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseLine, type Result } from '@portledger/format';
import type { Hit } from '../../query/hit.ts';
import { toPredicate, type HitPredicate } from '../../query/query-predicate.ts';
import type { Query } from '../../query/query.ts';
import type { FollowedChunk, LedgerSource } from '../ledger-source.ts';
import {
  TAIL_BUFFER_HITS_MAX,
  TAIL_FILTER_SAVED_MS_MAX,
  TAIL_FILTER_SHARE_MAX,
  TAIL_SLICE_RECORDS,
  TAIL_SUBSCRIBERS_MAX,
  TAIL_TURN_MS,
} from './limits.ts';

/** What a subscriber reads: a record that matches, or how many were left out because it or its filter was too slow. */
export type TailEvent =
  | { readonly kind: 'hit'; readonly hit: Hit }
  | { readonly kind: 'dropped'; readonly count: number };

export type TailFault = { readonly code: 'busy' | 'unavailable'; readonly message: string };

export type TailStatus = { readonly subscribers: number; readonly hits: number; readonly dropped: number };

type Subscriber = {
  readonly matches: HitPredicate;
  readonly buffer: Hit[];
  dropped: number;
  wake: () => void;
  /** Milliseconds that its filter may still take, as of `filledMs`. */
  budgetMs: number;
  filledMs: number;
};

/**
 * Hands records on as soon as they are durable. It reads the ledger only while someone subscribes, from the moment of
 * subscribing on, and never makes the ledger wait: who reads too slowly is told how much was left out.
 */
export class LiveTail {
  readonly #ledger: LedgerSource;
  readonly #bufferHitsMax: number;
  readonly #subscribers = new Set<Subscriber>();
  #following: AbortController | undefined;
  #failure: Error | undefined;
  #closed = false;
  #hits = 0;
  #dropped = 0;

  constructor(ledger: LedgerSource, options: { readonly bufferHitsMax?: number } = {}) {
    this.#ledger = ledger;
    this.#bufferHitsMax = options.bufferHitsMax ?? TAIL_BUFFER_HITS_MAX;
  }

  /** Every record from now on that the query matches, until the signal aborts or the tail closes. */
  subscribe(query: Query, signal: AbortSignal): Result<AsyncIterable<TailEvent>, TailFault> {
    if (this.#closed) return { ok: false, fault: { code: 'unavailable', message: 'The live tail is closed' } };
    if (this.#subscribers.size >= TAIL_SUBSCRIBERS_MAX) {
      const message = `${TAIL_SUBSCRIBERS_MAX} live tails are open already; close one first`;
      return { ok: false, fault: { code: 'busy', message } };
    }
    const subscriber: Subscriber = {
      matches: toPredicate(query),
      buffer: [],
      dropped: 0,
      wake: () => undefined,
      budgetMs: TAIL_FILTER_SAVED_MS_MAX,
      filledMs: performance.now(),
    };
    this.#subscribers.add(subscriber);
    const leave = () => this.#leave(subscriber);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    // The ledger is read from here on, not from the first read of the events, so that nothing in between is missed.
    this.#start();
    return { ok: true, value: this.#events(subscriber, signal) };
  }

  async *#events(subscriber: Subscriber, signal: AbortSignal): AsyncGenerator<TailEvent> {
    try {
      while (this.#subscribers.has(subscriber)) {
        const hit = subscriber.buffer.shift();
        if (hit !== undefined) {
          yield { kind: 'hit', hit };
        } else if (subscriber.dropped > 0) {
          // Told after what was kept, for that came before what was dropped.
          const count = subscriber.dropped;
          subscriber.dropped = 0;
          yield { kind: 'dropped', count };
        } else {
          await new Promise<void>((resolve) => {
            subscriber.wake = resolve;
          });
        }
      }
      if (this.#failure !== undefined && !signal.aborted) throw this.#failure;
    } finally {
      this.#leave(subscriber);
    }
  }

  #leave(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    subscriber.wake();
    if (this.#subscribers.size > 0) return;
    this.#following?.abort();
    this.#following = undefined;
  }

  #start(): void {
    if (this.#following !== undefined || this.#subscribers.size === 0) return;
    const following = new AbortController();
    this.#following = following;
    const from = this.#ledger.head().durable;
    this.#follow(this.#ledger.follow(from, following.signal), following.signal).catch((error: unknown) =>
      this.#fail(error),
    );
  }

  async #follow(chunks: AsyncIterable<FollowedChunk>, signal: AbortSignal): Promise<void> {
    let turnMs = performance.now();
    for await (const chunk of chunks) {
      let slice: Hit[] = [];
      for (const hit of hitsOf(chunk)) {
        if (slice.push(hit) < TAIL_SLICE_RECORDS) continue;
        this.#offer(slice);
        slice = [];
        if (performance.now() - turnMs >= TAIL_TURN_MS) {
          await nextTurn();
          turnMs = performance.now();
        }
        if (signal.aborted) return;
      }
      this.#offer(slice);
      if (signal.aborted) return;
    }
  }

  #offer(slice: readonly Hit[]): void {
    for (const subscriber of this.#subscribers) {
      const startMs = performance.now();
      const saved = subscriber.budgetMs + (startMs - subscriber.filledMs) * TAIL_FILTER_SHARE_MAX;
      subscriber.budgetMs = Math.min(TAIL_FILTER_SAVED_MS_MAX, saved);
      subscriber.filledMs = startMs;
      const usedBeforeMs = threadMs();
      if (subscriber.budgetMs <= 0) {
        this.#drop(subscriber, slice.length);
        continue;
      }
      for (const hit of slice) if (subscriber.matches(hit)) this.#give(subscriber, hit);
      subscriber.budgetMs -= threadMs() - usedBeforeMs;
    }
  }

  #give(subscriber: Subscriber, hit: Hit): void {
    this.#hits += 1;
    // Once something is dropped all is, until that is told: so the count always stands where the hole is.
    if (subscriber.buffer.length >= this.#bufferHitsMax || subscriber.dropped > 0) {
      this.#drop(subscriber, 1);
      return;
    }
    subscriber.buffer.push(hit);
    subscriber.wake();
  }

  #drop(subscriber: Subscriber, count: number): void {
    subscriber.dropped += count;
    this.#dropped += count;
    subscriber.wake();
  }

  #fail(error: unknown): void {
    this.#failure = error instanceof Error ? error : new Error(String(error));
    for (const subscriber of this.#subscribers) this.#leave(subscriber);
  }

  status(): TailStatus {
    return { subscribers: this.#subscribers.size, hits: this.#hits, dropped: this.#dropped };
  }

  close(): void {
    this.#closed = true;
    for (const subscriber of this.#subscribers) this.#leave(subscriber);
  }
}

/** Processor time of this thread, so that a filter is not charged for what other programs take. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** The records of a chunk with their addresses. Throws if a line is not canonical, which the ledger rules out. */
function* hitsOf(chunk: FollowedChunk): Generator<Hit> {
  const decoder = new TextDecoder();
  let start = 0;
  let batch = 0;
  for (const [row, end] of chunk.lineEnds.entries()) {
    const position = chunk.position + row;
    let entry = chunk.batches[batch];
    while (entry !== undefined && position >= entry.position + entry.count) {
      batch += 1;
      entry = chunk.batches[batch];
    }
    const record = parseLine(decoder.decode(chunk.lines.subarray(start, end - 1)));
    if (entry === undefined || !record.ok)
      throw new Error(`record ${chunk.block}:${position} of the ledger can't be read`);
    yield { block: chunk.block, position, received: entry.received, class: chunk.class, record: record.value };
    start = end;
  }
}
