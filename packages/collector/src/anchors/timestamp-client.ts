import { fail, ok } from '@portledger/format';
import type { Result } from '@portledger/format';
import { TIMESTAMP_ANSWER_BYTES_MAX, TIMESTAMP_ANSWER_MS } from './limits.ts';
import { checkToken } from './timestamp-check.ts';
import type { TimestampFacts } from './timestamp-check.ts';
import type { TimestampFault } from './timestamp-fault.ts';
import { answers, timestampRequest } from './timestamp-request.ts';
import { readTimestamp } from './timestamp-token.ts';

export type TimestampAuthority = {
  readonly url: string;
  /** Certificates to trust, PEM; without any the authority is believed whoever it is. */
  readonly trustedCaPem: string | undefined;
};

/** An authority's answer as it came, and what it shows. */
export type Stamped = { readonly answer: Uint8Array; readonly facts: TimestampFacts };

/** Has bytes stamped by HTTP (RFC 3161, section 3.4) and verifies the answer before it is believed. */
export async function requestTimestamp(
  { url, trustedCaPem }: TimestampAuthority,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<Result<Stamped, TimestampFault>> {
  const request = timestampRequest(bytes);
  const answer = await post(url, request.der, signal);
  if (!answer.ok) return answer;
  const token = readTimestamp(answer.value);
  if (!token.ok) return token;
  if (!answers(token.value, request)) {
    return fail({ code: 'wrong-nonce', message: 'the answer is to another request than this one' });
  }
  const facts = checkToken(token.value, bytes, trustedCaPem);
  return facts.ok ? ok({ answer: answer.value, facts: facts.value }) : facts;
}

async function post(
  url: string,
  body: Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
): Promise<Result<Uint8Array, TimestampFault>> {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    return fail({ code: 'bad-address', message: `${url} is no http or https address` });
  }
  const timeout = AbortSignal.timeout(TIMESTAMP_ANSWER_MS);
  try {
    const headers = { 'Content-Type': 'application/timestamp-query', Accept: 'application/timestamp-reply' };
    const ends = AbortSignal.any([timeout, signal]);
    const response = await fetch(url, { method: 'POST', body, headers, redirect: 'manual', signal: ends });
    if (response.status !== 200) {
      await response.body?.cancel();
      return fail({ code: 'unreachable', message: `${url} answered ${response.status}` });
    }
    return await bounded(response);
  } catch (error) {
    if (timeout.aborted) return fail({ code: 'timed-out', message: `no answer within ${TIMESTAMP_ANSWER_MS} ms` });
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return fail({ code: 'unreachable', message: cause instanceof Error ? cause.message : String(cause) });
  }
}

async function bounded(response: Response): Promise<Result<Uint8Array, TimestampFault>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read()) {
    length += read.value.length;
    if (length > TIMESTAMP_ANSWER_BYTES_MAX) {
      await reader?.cancel();
      return fail({ code: 'malformed', message: `the answer is longer than ${TIMESTAMP_ANSWER_BYTES_MAX} bytes` });
    }
    chunks.push(read.value);
  }
  return ok(new Uint8Array(Buffer.concat(chunks)));
}
