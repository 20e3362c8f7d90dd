import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { IndexCore } from './index-core.ts';
import { joined, takeRun } from './joined-chunk.ts';
import { FRESHNESS_MS } from './limits.ts';
import type { Call, FedChunk, FromWorker, ToWorker, WorkerStart } from './worker-protocol.ts';

/** Entry of the index's thread: feeds what it is sent to the index, and answers calls between feeds. */

function post(message: FromWorker): void {
  parentPort?.postMessage(message, []);
}

function giveBack(chunks: readonly FedChunk[]): void {
  const bytes = chunks.reduce((sum, { lines }) => sum + lines.length, 0);
  const buffers = chunks.map(({ lines }) => lines.buffer);
  parentPort?.postMessage({ type: 'fed', bytes, buffers } satisfies FromWorker, buffers);
}

/** What has come in from the main thread and waits to be taken up. */
class Inbox {
  readonly chunks: FedChunk[] = [];
  /** The call that asks to close, once it has come. */
  closeCall: number | undefined;
  isHalted = false;
  #wake: () => void = () => undefined;

  take(message: ToWorker): Call | undefined {
    this.#wake();
    if (message.type === 'feed') {
      this.chunks.push(message.chunk);
      return undefined;
    }
    if (message.type === 'halt') {
      this.isHalted = true;
      return undefined;
    }
    if (message.call.name === 'close') this.closeCall = message.id;
    return message.call;
  }

  /** Resolves when something comes in, or after a while, for the work that time brings. */
  async arrival(): Promise<void> {
    if (this.chunks.length > 0 || this.closeCall !== undefined || this.isHalted) return;
    const arrived = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const timer = setTimeout(() => this.#wake(), FRESHNESS_MS);
    await arrived;
    clearTimeout(timer);
  }
}

async function run(start: WorkerStart): Promise<void> {
  const core = await IndexCore.open(start);
  try {
    await follow(core, start);
  } catch (error) {
    // The thread is ended next, and the process would be with it if DuckDB were still at work then.
    await core.halt();
    throw error;
  }
}

async function follow(core: IndexCore, start: WorkerStart): Promise<void> {
  const inbox = new Inbox();
  parentPort?.on('message', (message: ToWorker) => {
    const call = inbox.take(message);
    if (message.type === 'call' && call !== undefined && call.name !== 'close') void answer(core, message.id, call);
  });
  post({ type: 'opened', status: core.status() });
  let told = '';
  for (;;) {
    await inbox.arrival();
    if (inbox.isHalted) {
      await core.halt();
      Atomics.store(start.rest, 0, 1);
      Atomics.notify(start.rest, 0);
      return;
    }
    if (inbox.chunks.length > 0) {
      const chunks = takeRun(inbox.chunks);
      const chunk = joined(chunks);
      await core.append(chunk);
      giveBack(chunks);
      // Messages come in between turns only: without this, searches would wait while feeding goes on.
      await nextTurn();
      if (inbox.chunks.length === 0) await core.tick();
    } else if (inbox.closeCall !== undefined) {
      await core.close();
      post({ type: 'answer', id: inbox.closeCall, answer: undefined });
      parentPort?.close();
      return;
    } else {
      await core.tick();
    }
    const status = core.status();
    const text = JSON.stringify(status);
    if (text !== told) post({ type: 'status', status });
    told = text;
  }
}

async function answer(core: IndexCore, id: number, call: Call): Promise<void> {
  try {
    post({ type: 'answer', id, answer: await answerOf(core, call) });
  } catch (error) {
    post({ type: 'refused', id, message: messageOf(error) });
  }
}

async function answerOf(core: IndexCore, call: Call): Promise<unknown> {
  switch (call.name) {
    case 'search':
      return core.search(call.request);
    case 'top':
      return core.top(call.request);
    case 'histogram':
      return core.histogram(call.request);
    case 'count':
      return core.count(call.request);
    case 'prune':
      return core.prune(call.request.ranges);
    case 'flush':
      return core.flush();
    case 'close':
      return undefined;
    default:
      return call satisfies never;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const start: WorkerStart = workerData;
run(start).catch((error: unknown) => {
  post({ type: 'failed', message: messageOf(error) });
  parentPort?.close();
});
