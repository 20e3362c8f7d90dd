import { readHit } from '../output/hit.ts';
import type { Hit } from '../output/hit.ts';
import { isObject } from '../output/hit.ts';
import type { ApiClient } from './api-client.ts';
import { serverSentEvents } from './server-sent-events.ts';

export type LiveEvent =
  | { readonly kind: 'hit'; readonly hit: Hit }
  | { readonly kind: 'dropped'; readonly count: number };

/** Records as the collector takes them, until the stream breaks off or `signal` is aborted. */
export async function* liveHits(client: ApiClient, query: string, signal: AbortSignal): AsyncGenerator<LiveEvent> {
  const body = await client.stream('/v1/tail', { parameters: { q: query }, signal }, query);
  for await (const { event, data } of serverSentEvents(body)) {
    const input: unknown = JSON.parse(data);
    if (event === 'record') {
      const hit = readHit(input);
      if (hit !== undefined) yield { kind: 'hit', hit };
    } else if (event === 'dropped' && isObject(input)) {
      yield { kind: 'dropped', count: Number(input['count'] ?? 0) };
    }
  }
}
