import type { Result } from '@portledger/format';
import type { SearchFault } from '../followers/index/record-index.ts';
import { QUERIES_OF_ONE_MAX, QUERIES_OF_ONE_WAITING_MAX } from '../limits.ts';

type Queue = { running: number; readonly waiting: (() => void)[] };

/** Lets each principal have only a few queries at the index at once, and a bounded number of its own wait for them. */
export class QueryTurns {
  readonly #queues = new Map<string, Queue>();

  async run<T>(name: string, query: () => Promise<Result<T, SearchFault>>): Promise<Result<T, SearchFault>> {
    const queue = this.#queues.get(name) ?? { running: 0, waiting: [] };
    this.#queues.set(name, queue);
    if (queue.running >= QUERIES_OF_ONE_MAX) {
      if (queue.waiting.length >= QUERIES_OF_ONE_WAITING_MAX) {
        const message = `${queue.waiting.length} queries of ${name} wait already`;
        return { ok: false, fault: { code: 'busy', message } };
      }
      // Whoever wakes it has left its place to it.
      await new Promise<void>((resolve) => {
        queue.waiting.push(resolve);
      });
    } else {
      queue.running += 1;
    }
    try {
      return await query();
    } finally {
      const next = queue.waiting.shift();
      if (next !== undefined) next();
      else {
        queue.running -= 1;
        if (queue.running === 0) this.#queues.delete(name);
      }
    }
  }
}
