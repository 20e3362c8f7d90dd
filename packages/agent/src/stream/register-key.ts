import { isJsonObject } from '@portledger/format';
import type { AgentKey } from './agent-key.ts';
import type { CollectorClient } from './collector-client.ts';
import type { Delivery } from './delivery.ts';
import { faultOf } from './reply.ts';

/** A key that the collector has written into its ledger. */
export type Registered = {
  /** The log's verifier key. */
  readonly vkey: string;
  readonly registered: string;
  /** An ingest token, given in return for an enrolment token. */
  readonly token?: string;
};

export type RegisterOutcome =
  | { readonly kind: 'registered'; readonly value: Registered }
  | { readonly kind: 'not-registered'; readonly delivery: Delivery };

/** Registers a key under the observer's name, with the client's token. */
export async function registerKey(
  client: CollectorClient,
  key: AgentKey,
  observer: string,
  signal: AbortSignal,
): Promise<RegisterOutcome> {
  const reply = await client.exchange({
    path: 'v1/observers/key',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ key: key.publicKey, proof: key.proofFor(observer) })),
    signal,
  });
  if ('message' in reply) return { kind: 'not-registered', delivery: { kind: 'later', message: reply.message } };
  const value = reply.status === 200 ? readRegistered(reply.body) : undefined;
  if (value !== undefined) return { kind: 'registered', value };
  return { kind: 'not-registered', delivery: faultOf(reply, Date.now()) };
}

function readRegistered(body: string): Registered | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const { vkey, registered, token } = value;
  if (typeof vkey !== 'string' || typeof registered !== 'string') return undefined;
  return { vkey, registered, ...(typeof token === 'string' ? { token } : {}) };
}
