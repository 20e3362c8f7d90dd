import { fail } from '@portledger/format';
import type { Result } from '@portledger/format';
import type { AppendFault, Appended, Batch } from './ledger-shapes.ts';
import { GROUP_BYTES_MAX, QUEUE_APPENDS_MAX, QUEUE_BYTES_MAX } from './limits.ts';

export type PendingAppend = {
  readonly batches: readonly Batch[];
  readonly bytes: number;
  readonly settle: (outcome: Result<Appended, AppendFault>) => void;
};

/** Appends waiting for the next group commit. Bounded in bytes and in number; what doesn't fit is refused. */
export class AppendQueue {
  #waiting: PendingAppend[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Resolves when the append is durable or refused. An append larger than the queue is taken when nothing waits. */
  add(batches: readonly Batch[]): Promise<Result<Appended, AppendFault>> {
    const bytes = batches.reduce((sum, batch) => sum + batch.lines.length, 0);
    const full = this.#bytes + bytes > QUEUE_BYTES_MAX || this.#waiting.length >= QUEUE_APPENDS_MAX;
    if (full && !this.isEmpty) {
      return Promise.resolve(
        fail({ code: 'overloaded', message: `${this.#bytes} bytes wait to be written already: send again later` }),
      );
    }
    const { promise, resolve } = Promise.withResolvers<Result<Appended, AppendFault>>();
    this.#waiting.push({ batches, bytes, settle: resolve });
    this.#bytes += bytes;
    return promise;
  }

  /** The next group: all that waits, up to the size of one commit, and never nothing. */
  takeGroup(): PendingAppend[] {
    let count = 0;
    let bytes = 0;
    for (const append of this.#waiting) {
      if (count > 0 && bytes + append.bytes > GROUP_BYTES_MAX) break;
      bytes += append.bytes;
      count++;
    }
    const group = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#bytes -= bytes;
    return group;
  }

  refuseAll(fault: AppendFault): number {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    for (const append of waiting) append.settle(fail(fault));
    return waiting.length;
  }
}
