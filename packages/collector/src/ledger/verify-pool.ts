import { Worker } from 'node:worker_threads';
import { checkBlock } from '@portledger/format';
import type { BlockCheck, BlockJob } from '@portledger/format';
import { nodeBlockTools } from '@portledger/format/node';

/** What a verifying thread says: that it has started, then one answer a block. */
export type VerifyReply = 'ready' | BlockCheck;

type Waiting = { readonly resolve: (check: BlockCheck) => void; readonly reject: (error: Error) => void };

/** One verifying thread; answers come in the order of the questions. */
class VerifyThread {
  readonly #worker = new Worker(new URL('./verify-worker.ts', import.meta.url), { name: 'portledger-verify' });
  readonly #waiting: Waiting[] = [];
  #isReady = false;

  constructor() {
    this.#worker.on('message', (reply: VerifyReply) => {
      if (reply === 'ready') this.#isReady = true;
      else this.#waiting.shift()?.resolve(reply);
    });
    this.#worker.on('error', (error) => {
      const cause = error instanceof Error ? error : new Error(String(error));
      for (const waiting of this.#waiting.splice(0)) waiting.reject(cause);
    });
  }

  /** Whether it runs. A thread takes some hundred milliseconds to start, in which this one checks a dozen blocks. */
  get isReady(): boolean {
    return this.#isReady;
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
const BLOCKS_ALONE = 4;

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
    const [first, ...others] = this.#threads.filter((thread) => thread.isReady);
    if (first === undefined) return checkBlock(job, nodeBlockTools);
    const idlest = others.reduce((least, thread) => (thread.load < least.load ? thread : least), first);
    return idlest.check(job);
  }

  async close(): Promise<void> {
    for (const thread of this.#threads.splice(0)) await thread.close();
  }
}
