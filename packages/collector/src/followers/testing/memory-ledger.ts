import type { AccessRecord } from '@portledger/format';
import type { Cursor } from '../../ledger/ledger-shapes.ts';
import type { Hit } from '../../query/hit.ts';
import { compareCursors, LEDGER_START, type FollowedChunk, type LedgerSource } from '../ledger-source.ts';
import { chunkOf } from './sample-traffic.ts';

/** A ledger that lives in memory: canonical lines in blocks, followed as the real one is. */
export class MemoryLedger implements LedgerSource {
  readonly hits: Hit[] = [];
  readonly #chunks: FollowedChunk[] = [];
  readonly #blockRecords: number;
  readonly #vkey: string;
  #durable: Cursor = LEDGER_START;
  #records = 0;
  #wake: (() => void)[] = [];

  constructor(blockRecords = 1000, vkey = 'test+00000000+AA==') {
    this.#blockRecords = blockRecords;
    this.#vkey = vkey;
  }

  append(
    records: readonly AccessRecord[],
    received = '2026-11-22T12:00:00.000000Z',
    retentionClass = 'standard',
  ): void {
    let rest = records;
    while (rest.length > 0) {
      if (this.#durable.position >= this.#blockRecords) this.#durable = { block: this.#durable.block + 1, position: 0 };
      const at = this.#durable;
      const taken = rest.slice(0, this.#blockRecords - at.position);
      rest = rest.slice(taken.length);
      this.#chunks.push(chunkOf(taken, at, received, retentionClass));
      for (const [i, record] of taken.entries()) {
        this.hits.push({ block: at.block, position: at.position + i, received, class: retentionClass, record });
      }
      this.#durable = { block: at.block, position: at.position + taken.length };
      this.#records += taken.length;
    }
    for (const wake of this.#wake.splice(0)) wake();
  }

  recordsBefore(cursor: Cursor): Promise<number> {
    return Promise.resolve(this.hits.filter((hit) => compareCursors(hit, cursor) < 0).length);
  }

  head(): { durable: Cursor; records: number; vkey: string } {
    return { durable: this.#durable, records: this.#records, vkey: this.#vkey };
  }

  async *follow(from: Cursor, signal: AbortSignal): AsyncGenerator<FollowedChunk> {
    let next = 0;
    while (!signal.aborted) {
      const chunk = this.#chunks[next];
      if (chunk === undefined) {
        await this.#more(signal);
        continue;
      }
      next += 1;
      if (compareCursors({ block: chunk.block, position: chunk.position + chunk.count }, from) > 0) yield chunk;
    }
  }

  async #more(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
