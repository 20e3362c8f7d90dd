import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { FollowedChunk } from '../ledger-source.ts';
import { IndexCore } from './index-core.ts';
import { takeJoined } from './joined-chunk.ts';
import { FRESHNESS_MS } from './limits.ts';
import type { Call, FromWorker, ToWorker, WorkerStart } from './worker-protocol.ts';

/** Entry of the index's thread: feeds what it is sent to the index, and answers calls between feeds. */

function post(message: FromWorker): void {
  parentPort?.postMessage(message);
}

async function run(start: WorkerStart): Promise<void> {
  const core = await IndexCore.open(start);
  const queue: FollowedChunk[] = [];
  let closing: number | undefined;
  let wake: () => void = () => undefined;
  parentPort?.on('message', (message: ToWorker) => {
    if (message.type === 'feed') queue.push(message.chunk);
    else if (message.call.name === 'close') closing = message.id;
    else void answer(core, message.id, message.call);
    wake();
  });
  post({ type: 'opened', status: core.status() });
  let told = '';
  while (closing === undefined || queue.length > 0) {
    if (queue.length === 0) {
      const idle = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const timer = setTimeout(wake, FRESHNESS_MS);
      await idle;
      clearTimeout(timer);
    }
    if (queue.length > 0) {
      const chunk = takeJoined(queue);
      await core.append(chunk);
      post({ type: 'fed', bytes: chunk.lines.length });
      // Messages come in between turns only: without this, searches would wait while feeding goes on.
      await nextTurn();
    } else {
      await core.tick();
    }
    const status = core.status();
    const text = JSON.stringify(status);
    if (text !== told) post({ type: 'status', status });
    told = text;
  }
  core.show();
  await core.close();
  post({ type: 'answer', id: closing, answer: undefined });
  parentPort?.close();
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
