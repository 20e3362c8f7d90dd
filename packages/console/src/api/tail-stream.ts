import type { ApiClient } from './api-client.ts';
import { withQuery } from './api-client.ts';
import { faultOf } from './api-fault.ts';
import type { ApiFault } from './api-fault.ts';
import type { Hit } from './hit.ts';
import { readHit } from './hit.ts';
import { readObject, readOptionalInteger } from './json-reader.ts';
import { createSseParser } from './sse-parser.ts';
import { TAIL_RETRY_MS_MAX, TAIL_RETRY_MS_MIN, TAIL_SILENCE_MS_MAX } from '../limits.ts';

/** What the live tail tells its listener. */
export type TailNews =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  | { readonly kind: 'records'; readonly hits: readonly Hit[] }
  | { readonly kind: 'dropped'; readonly count: number }
  | { readonly kind: 'waiting'; readonly retryMs: number }
  | { readonly kind: 'failed'; readonly fault: ApiFault };

/** Follows /v1/tail until the signal is aborted; reconnects with growing waits, gives up only on a refusal. */
export async function followTail(
  client: ApiClient,
  query: string,
  signal: AbortSignal,
  tell: (news: TailNews) => void,
): Promise<void> {
  let retryMs = TAIL_RETRY_MS_MIN;
  tell({ kind: 'connecting' });
  while (!signal.aborted) {
    try {
      await readTail(client, query, signal, (news) => {
        if (news.kind === 'open') retryMs = TAIL_RETRY_MS_MIN;
        tell(news);
      });
    } catch (error) {
      if (signal.aborted) return;
      const fault = faultOf(error);
      const final = fault.kind === 'signed-out' || (fault.status >= 400 && fault.status < 429);
      if (final) {
        tell({ kind: 'failed', fault });
        return;
      }
    }
    if (signal.aborted) return;
    tell({ kind: 'waiting', retryMs });
    await pause(retryMs, signal);
    retryMs = Math.min(retryMs * 2, TAIL_RETRY_MS_MAX);
  }
}

async function readTail(
  client: ApiClient,
  query: string,
  signal: AbortSignal,
  tell: (news: TailNews) => void,
): Promise<void> {
  // A connection cut without a reset would stay silent for ever; keep-alive comments show that it lives.
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), TAIL_SILENCE_MS_MAX);
  try {
    const stream = await client.openStream(
      withQuery('/v1/tail', { q: query }),
      AbortSignal.any([signal, silence.signal]),
    );
    tell({ kind: 'open' });
    const parse = createSseParser();
    const decoder = new TextDecoder();
    for await (const bytes of chunksOf(stream)) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), TAIL_SILENCE_MS_MAX);
      const hits: Hit[] = [];
      for (const event of parse(decoder.decode(bytes, { stream: true }))) {
        if (event.event === 'record') hits.push(readHit(JSON.parse(event.data)));
        else if (event.event === 'dropped') tell({ kind: 'dropped', count: readDropped(event.data) });
      }
      if (hits.length > 0) tell({ kind: 'records', hits });
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Safari's streams cannot be iterated, so the reader is used. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function readDropped(data: string): number {
  const parsed: unknown = JSON.parse(data);
  return readOptionalInteger(readObject(parsed, 'dropped'), 'count') ?? 0;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
