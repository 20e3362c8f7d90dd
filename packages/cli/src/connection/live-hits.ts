import { setTimeout as delay } from 'node:timers/promises';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { RESTART_DELAY_MS, RESTART_DELAY_MS_MAX } from '../limits.ts';
import { isObject, readHit } from '../output/hit.ts';
import type { Hit } from '../output/hit.ts';
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

/**
 * The same, beyond break-offs: it connects again, and again, with growing pauses. Ends when `stop` is aborted; throws when
 * the first connection can't be made or the collector says that asking again is of no use.
 */
export async function* steadyLiveEvents(
  client: ApiClient,
  query: string,
  stop: AbortSignal,
  onBreak: () => void,
): AsyncGenerator<LiveEvent> {
  let delayMs = RESTART_DELAY_MS;
  for (let wasConnected = false; !stop.aborted; wasConnected = true) {
    try {
      for await (const event of liveHits(client, query, stop)) {
        delayMs = RESTART_DELAY_MS;
        wasConnected = true;
        yield event;
      }
    } catch (error) {
      const isFinal = error instanceof Failure && error.exitCode !== EXIT.unreachable;
      if (!stop.aborted && (isFinal || !wasConnected)) throw error;
    }
    if (stop.aborted) return;
    onBreak();
    await delay(delayMs, undefined, { signal: stop }).catch(() => undefined);
    delayMs = Math.min(delayMs * 2, RESTART_DELAY_MS_MAX);
  }
}
