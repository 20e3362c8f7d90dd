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

/**
 * Records as the collector takes them, beyond break-offs: it connects again, and again, with growing pauses. Ends when
 * `stop` is aborted; throws when the first connection can't be made or the collector says that asking again is of no use.
 */
export async function* steadyLiveEvents(
  client: ApiClient,
  query: string,
  stop: AbortSignal,
  onBreak: () => void,
): AsyncGenerator<LiveEvent> {
  let delayMs = RESTART_DELAY_MS;
  for (let wasConnected = false; !stop.aborted;) {
    try {
      const body = await client.stream('/v1/tail', { parameters: { q: query }, signal: stop }, query);
      wasConnected = true;
      for await (const event of liveEvents(body)) {
        delayMs = RESTART_DELAY_MS;
        yield event;
      }
    } catch (error) {
      if (!stop.aborted && !(wasConnected && isBreakOff(error))) throw error;
    }
    if (stop.aborted) return;
    onBreak();
    await delay(delayMs, undefined, { signal: stop }).catch(() => undefined);
    delayMs = Math.min(delayMs * 2, RESTART_DELAY_MS_MAX);
  }
}

async function* liveEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<LiveEvent> {
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

/** The collector went away, or is not back yet: fetch says `terminated` when a body breaks off. */
function isBreakOff(error: unknown): boolean {
  if (error instanceof Failure) return error.exitCode === EXIT.unreachable;
  return error instanceof TypeError && error.message === 'terminated';
}
