import type { JournalMeta } from '@portledger/format';
import { LiveBlock } from './live-block.ts';
import type { LivePiece } from './live-block.ts';

/**
 * The blocks that are durable and not yet published, by number. Bounded by the rounds that may be open or sealing at
 * once (ROUNDS_SEALING_MAX + 1 rounds of ROUND_BYTES_MAX). Readers wait here for what comes next.
 */
export class LiveBlocks {
  readonly #blocks = new Map<number, LiveBlock>();
  readonly #open = new Map<string, LiveBlock>();
  #waiting: (() => void)[] = [];
  /** Number of the block that will be opened next. */
  next: number;

  constructor(next: number) {
    this.next = next;
  }

  block(number: number): LiveBlock | undefined {
    return this.#blocks.get(number);
  }

  /** The blocks that still take records, at most one a class. */
  open(): Iterable<LiveBlock> {
    return this.#open.values();
  }

  get openCount(): number {
    return this.#open.size;
  }

  add(block: number, piece: LivePiece, meta: JournalMeta): void {
    let live = this.#blocks.get(block);
    if (live === undefined) {
      if (block !== this.next) throw new Error(`block ${block} opened where ${this.next} was to come`);
      live = new LiveBlock(block, meta.class);
      this.next = block + 1;
      const before = this.#open.get(meta.class);
      if (before !== undefined) before.closed = true;
      this.#blocks.set(block, live);
      this.#open.set(meta.class, live);
    }
    live.add(piece, meta);
  }

  /** No open block takes records any more. */
  closeOpen(): void {
    for (const block of this.#open.values()) block.closed = true;
    this.#open.clear();
  }

  /** Forgets what is published. */
  dropBelow(block: number): void {
    for (const number of this.#blocks.keys()) {
      if (number >= block) break; // a Map keeps the order of insertion
      this.#blocks.delete(number);
    }
  }

  /** Resolves at the next `announce`, or when aborted. */
  changed(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal.aborted) resolve();
    else {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done);
      this.#waiting.push(done);
    }
    return promise;
  }

  announce(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
