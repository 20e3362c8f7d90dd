import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../connection/api-client.ts';
import type { ApiFault } from '../connection/api-fault.ts';
import { failureOfFault } from '../connection/api-fault.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { IMPORT_RETRY_MS, IMPORT_TRIES_MAX } from '../limits.ts';
import { isObject } from '../output/hit.ts';
import type { ImportBatch, Refusal } from './import-batch.ts';

/** What the collector said of a batch. */
export type Receipt = {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: readonly Refusal[];
  readonly refusedTotal: number;
};

/** Sends one batch until the collector has answered it. The same request twice changes nothing: its records are numbered. */
export async function sendBatch(client: ApiClient, batch: ImportBatch, stop: AbortSignal): Promise<Receipt> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptSend(client, batch, stop);
    if (outcome.kind === 'answered') return readReceipt(outcome.answer, batch);
    if (attempt >= IMPORT_TRIES_MAX) throw outcome.failure;
    const waitMs = outcome.retryAfterMs ?? IMPORT_RETRY_MS * 2 ** (attempt - 1);
    await delay(waitMs, undefined, { signal: stop });
  }
}

type Outcome =
  | { readonly kind: 'answered'; readonly answer: unknown }
  | { readonly kind: 'again'; readonly failure: Failure; readonly retryAfterMs: number | undefined };

async function attemptSend(client: ApiClient, batch: ImportBatch, signal: AbortSignal): Promise<Outcome> {
  const request = { method: 'POST', body: batch.body, contentType: 'application/x-ndjson', signal } as const;
  try {
    const answer = await client.attempt('/v1/records', request);
    if (answer.ok) return { kind: 'answered', answer: answer.value };
    if (!isPassing(answer.fault)) throw failureOfFault(answer.fault);
    return { kind: 'again', failure: failureOfFault(answer.fault), retryAfterMs: answer.fault.retryAfterMs };
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode !== EXIT.unreachable) throw error;
    return { kind: 'again', failure: error, retryAfterMs: undefined };
  }
}

function isPassing(fault: ApiFault): boolean {
  return fault.status === 429 || (fault.status === 503 && fault.code !== 'disk-full');
}

/** Refusals come with their place in the request; they are told by their line in the input. */
function readReceipt(answer: unknown, batch: ImportBatch): Receipt {
  const fields = isObject(answer) ? answer : {};
  const list = Array.isArray(fields['refused']) ? fields['refused'].filter(isObject) : [];
  const refused = list.map((refusal) => ({
    line: batch.lineNumbers[Number(refusal['line']) - 1] ?? 0,
    field: typeof refusal['field'] === 'string' ? refusal['field'] : undefined,
    reason: typeof refusal['reason'] === 'string' ? refusal['reason'] : 'refused',
  }));
  return {
    accepted: Number(fields['accepted'] ?? 0),
    duplicates: Number(fields['duplicates'] ?? 0),
    refused,
    refusedTotal: Number(fields['refused_total'] ?? refused.length),
  };
}
