import type { Chunk, Cursor, Ledger } from '../ledger-shapes.ts';

type FollowerState = { readonly cursor: Cursor; readonly lines: ReadonlyMap<string, string> };

export function addressText(block: number, position: number): string {
  return `${block}:${position}`;
}

/** The lines of a chunk, without their newlines. */
function linesOf({ lines, lineEnds }: Pick<Chunk, 'lines' | 'lineEnds'>): string[] {
  const text = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
  return Array.from(lineEnds, (end, at) => text.toString('utf8', at === 0 ? 0 : lineEnds[at - 1], end - 1));
}

/**
 * A follower that keeps what it has read and how far, stores both now and then, and after a crash goes on from what it
 * stored: as the index does. It takes each record once, in the order of addresses, or fails.
 */
export class SimulatedFollower {
  #stored: FollowerState = { cursor: { block: 0, position: 0 }, lines: new Map() };
  #cursor: Cursor = this.#stored.cursor;
  #lines = new Map<string, string>();
  #stop = new AbortController();
  #fault: string | undefined;
  /** Why it could not read on. */
  #failure: string | undefined;

  /** What it has read, by address. */
  get lines(): ReadonlyMap<string, string> {
    return this.#lines;
  }

  get cursor(): Cursor {
    return this.#cursor;
  }

  /** What was wrong with what the ledger gave it. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Goes on from what it stored. */
  start(ledger: Ledger): void {
    this.#stop = new AbortController();
    this.#cursor = this.#stored.cursor;
    this.#lines = new Map(this.#stored.lines);
    void this.#follow(ledger, this.#stop.signal);
  }

  async #follow(ledger: Ledger, signal: AbortSignal): Promise<void> {
    try {
      for await (const chunk of ledger.follow(this.#cursor, signal)) {
        if (signal.aborted) return;
        this.#take(chunk);
      }
    } catch (error) {
      if (!signal.aborted) this.#failure ??= String(error);
    }
  }

  #take(chunk: Chunk): void {
    const { block, position } = this.#cursor;
    const isNext =
      chunk.block === block ? chunk.position === position : chunk.block === block + 1 && chunk.position === 0;
    if (!isNext) this.#fault ??= `given ${chunk.block}:${chunk.position} where ${block}:${position} was to come`;
    linesOf(chunk).forEach((line, at) => this.#lines.set(addressText(chunk.block, chunk.position + at), line));
    this.#cursor = { block: chunk.block, position: chunk.position + chunk.count };
  }

  /** Whether it has read everything that is durable. */
  hasReached({ records }: { readonly records: number }): boolean {
    return this.#lines.size >= records;
  }

  store(): void {
    this.#stored = { cursor: this.#cursor, lines: new Map(this.#lines) };
  }

  /** Ends its following; that it could not read on is a fault unless the ledger had stopped. */
  stop(hasLedgerStopped: boolean): void {
    this.#stop.abort();
    if (!hasLedgerStopped && this.#failure !== undefined)
      this.#fault ??= `not given what was to come: ${this.#failure}`;
    this.#failure = undefined;
  }
}
