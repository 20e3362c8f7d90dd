import { isJsonObject, microsFromTimestamp } from '@portledger/format';
import { RETRY_AFTER_LONGEST_MS } from '../limits.ts';
import type { Delivery, Refusal, Reply } from './delivery.ts';

/** Reads the collector's reply to `POST /v1/records`. 200 and 422 (all refused) tell of each record. */
export function readReply(reply: Reply, nowMs: number): Delivery {
  const { status } = reply;
  const body = parseBody(reply.body);
  if (status === 200 || status === 422) {
    const delivered = body === undefined ? undefined : deliveredBy(body);
    // Anything may answer 200 on a port; only the collector's receipt lets the spool forget.
    return delivered ?? { kind: 'turned-away', status, message: 'the reply is not a collector’s receipt' };
  }
  return faultOf(reply, nowMs);
}

/** Reads a reply that says that nothing was done. */
export function faultOf(reply: Reply, nowMs: number): Delivery {
  const { status } = reply;
  const body = parseBody(reply.body);
  const message = `${status} ${messageOf(body)}`.trim();
  if (status === 429 || status === 408 || status >= 500) {
    const afterMs = retryAfterMs(reply.retryAfter, nowMs);
    return { kind: 'later', message, ...(afterMs === undefined ? {} : { afterMs }) };
  }
  const collectorSpoke = body !== undefined && isJsonObject(body['error']);
  if (status === 413 || (status === 400 && collectorSpoke)) return { kind: 'too-much', message };
  const error = body?.['error'];
  const code = isJsonObject(error) && typeof error['code'] === 'string' ? { code: error['code'] } : {};
  return { kind: 'turned-away', status, message, ...code };
}

/** Retry-After (RFC 9110, section 10.2.3): seconds or a date; capped. */
export function retryAfterMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || text === '') return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), RETRY_AFTER_LONGEST_MS);
}

type JsonMembers = Readonly<Record<string, unknown>>;

function parseBody(text: string): JsonMembers | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isJsonObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function messageOf(body: JsonMembers | undefined): string {
  const error = body?.['error'];
  if (!isJsonObject(error)) return '';
  return [error['code'], error['message']].filter((part) => typeof part === 'string').join(': ');
}

function deliveredBy(body: JsonMembers): Delivery | undefined {
  const { accepted, duplicates, refused, refused_total: total, received, checkpoint } = body;
  if (typeof accepted !== 'number') return undefined;
  const refusals = Array.isArray(refused) ? refused.map(refusalOf).filter((refusal) => refusal !== undefined) : [];
  const receivedMicros = typeof received === 'string' ? microsFromTimestamp(received) : undefined;
  return {
    kind: 'delivered',
    accepted,
    duplicates: typeof duplicates === 'number' ? duplicates : 0,
    refusals,
    refusedTotal: typeof total === 'number' ? total : refusals.length,
    ...(receivedMicros === undefined ? {} : { receivedMicros }),
    ...(typeof checkpoint === 'string' ? { checkpoint } : {}),
  };
}

function refusalOf(value: unknown): Refusal | undefined {
  if (!isJsonObject(value)) return undefined;
  const { line, field, code, reason } = value;
  if (typeof line !== 'number') return undefined;
  return {
    line,
    code: typeof code === 'string' ? code : 'unknown',
    reason: typeof reason === 'string' ? reason : '',
    ...(typeof field === 'string' ? { field } : {}),
  };
}
