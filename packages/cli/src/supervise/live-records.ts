import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunFile } from '../connection/run-file.ts';
import { serverSentEvents } from '../connection/server-sent-events.ts';
import { RESTART_DELAY_MS } from '../limits.ts';
import { readHit } from '../output/hit.ts';
import type { Hit } from '../output/hit.ts';

/**
 * Records as the collector takes them, until `stop` is aborted; a break-off is followed by a new try. Over one
 * connection of its own that is gone with `stop`: fetch opens another in place of one that is cut off, and a closing
 * collector waits for whoever has connected and not asked yet.
 */
export async function* liveRecords(run: RunFile, query: string, stop: AbortSignal): AsyncGenerator<Hit> {
  while (!stop.aborted) {
    try {
      for await (const { event, data } of serverSentEvents(await tail(run, query, stop))) {
        const hit = event === 'record' ? readHit(JSON.parse(data)) : undefined;
        if (hit !== undefined) yield hit;
      }
    } catch (error) {
      if (!stop.aborted && !isSystemError(error)) throw error;
    }
    await delay(RESTART_DELAY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

async function tail(run: RunFile, query: string, stop: AbortSignal): Promise<IncomingMessage> {
  const url = new URL(`/v1/tail?q=${encodeURIComponent(query)}`, run.url);
  const asked = request(url, { agent: false, signal: stop, headers: { authorization: `Bearer ${run.token}` } }).end();
  const [response]: IncomingMessage[] = await once(asked, 'response');
  if (response?.statusCode !== 200) throw new Error(`the live tail answers with ${response?.statusCode ?? 'nothing'}`);
  return response;
}

/** The collector went away, or is not back yet. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
