import { Worker } from 'node:worker_threads';
import { LedgerError } from './ledger-shapes.ts';
import type { SealingReply, SealingRequest, SealingWorkerData } from './sealing-messages.ts';
import type { RotatedKey, RoundJob, SealOutcome, SealedState, SealingPort } from './sealing-port.ts';

type Waiting = { readonly resolve: (reply: SealingReply) => void; readonly reject: (error: Error) => void };

/** The sealing side in a worker thread: requests are answered one by one, in order. */
export class SealingThread implements SealingPort {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  readonly #clock: () => number;
  #ended: Error | undefined;

  constructor(data: SealingWorkerData, clock: () => number) {
    this.#clock = clock;
    this.#worker = new Worker(new URL('./sealing-worker.ts', import.meta.url), {
      workerData: data,
      name: 'portledger-seal',
    });
    this.#worker.on('message', (reply: SealingReply) => this.#waiting.shift()?.resolve(reply));
    this.#worker.on('error', (error) => this.#end(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', () => this.#end(new Error('the sealing thread has ended')));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#ended);
  }

  #ask(request: SealingRequest): Promise<SealingReply> {
    const { promise, resolve, reject } = Promise.withResolvers<SealingReply>();
    if (this.#ended !== undefined) reject(this.#ended);
    else {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(request, []);
    }
    return promise;
  }

  async recover(): Promise<SealedState> {
    const reply = await this.#ask({ kind: 'recover', nowMicros: this.#clock() });
    if (reply.kind === 'recovered') return reply.state;
    if (reply.kind === 'refused') throw new LedgerError(reply.code, reply.message);
    if (reply.kind === 'failed') throw new LedgerError('not-writable', reply.message);
    throw new Error(`the sealing thread answered ${reply.kind} to recover`);
  }

  async seal(round: RoundJob): Promise<SealOutcome> {
    const reply = await this.#ask({ kind: 'seal', round });
    if (reply.kind === 'sealed') return { ok: true, value: reply.published };
    if (reply.kind === 'failed') return { ok: false, fault: { code: reply.code, message: reply.message } };
    throw new Error(`the sealing thread answered ${reply.kind} to seal`);
  }

  async rotateKey(): Promise<RotatedKey> {
    const reply = await this.#ask({ kind: 'rotate-key' });
    // Replies come in order: those to rounds before this one are taken in by then.
    await new Promise((resolve) => setImmediate(resolve));
    if (reply.kind === 'rotated') return reply;
    if (reply.kind === 'refused') throw new LedgerError(reply.code, reply.message);
    if (reply.kind === 'failed') throw new LedgerError('not-writable', `${reply.message}. Restart the collector`);
    throw new Error(`the sealing thread answered ${reply.kind} to rotate-key`);
  }

  async close(): Promise<void> {
    if (this.#ended === undefined) await this.#ask({ kind: 'close' });
    await this.#worker.terminate();
  }
}
