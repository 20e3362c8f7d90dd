import { Worker } from 'node:worker_threads';
import { checkBlock } from '@portledger/format';
import type { BlockCheck, BlockJob } from '@portledger/format';
import { nodeBlockTools } from '@portledger/format/node';

type Waiting = { readonly resolve: (check: BlockCheck) => void; readonly reject: (error: Error) => void };

/** One verifying thread; answers come in the order of the questions. */
class VerifyThread {
  readonly #worker = new Worker(new URL('./verify-worker.ts', import.meta.url), { name: 'portledger-verify' });
  readonly #waiting: Waiting[] = [];

  constructor() {
    this.#worker.on('message', (check: BlockCheck) => this.#waiting.shift()?.resolve(check));
    this.#worker.on('error', (error) => {
      const cause = error instanceof Error ? error : new Error(String(error));
      for (const waiting of this.#waiting.splice(0)) waiting.reject(cause);
    });
  }

  get load(): number {
    return this.#waiting.length;
  }

  check(job: BlockJob): Promise<BlockCheck> {
    const { promise, resolve, reject } = Promise.withResolvers<BlockCheck>();
    this.#waiting.push({ resolve, reject });
    const { buffer } = job.frame;
    this.#worker.postMessage(job, buffer instanceof ArrayBuffer ? [buffer] : []);
    return promise;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Blocks checked on this thread before others are started: a small ledger isn't worth them. */
const BLOCKS_ALONE = 16;

/** Spreads the checking of blocks over threads; with 0 of them it is done right here. */
export class VerifyPool {
  readonly #threadsMax: number;
  readonly #threads: VerifyThread[] = [];
  #blocks = 0;

  constructor(threadsMax: number) {
    this.#threadsMax = threadsMax;
  }

  get parallelBlocks(): number {
    return Math.max(1, this.#threadsMax * 4);
  }

  async check(job: BlockJob): Promise<BlockCheck> {
    this.#blocks += 1;
    if (this.#threadsMax === 0 || this.#blocks <= BLOCKS_ALONE) return checkBlock(job, nodeBlockTools);
    while (this.#threads.length < this.#threadsMax) this.#threads.push(new VerifyThread());
    const [first, ...others] = this.#threads;
    if (first === undefined) throw new Error('a verify pool has threads');
    const idlest = others.reduce((least, thread) => (thread.load < least.load ? thread : least), first);
    return idlest.check(job);
  }

  async close(): Promise<void> {
    for (const thread of this.#threads.splice(0)) await thread.close();
  }
}
