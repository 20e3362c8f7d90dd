import { fail, ok, type Result } from '@portledger/format';
import { ANSWER_BYTES_MAX } from './limits.ts';
import { witnessFault, type WitnessFault } from './witness-fault.ts';

export type PostOptions = { readonly timeoutMs: number; readonly signal?: AbortSignal };
export type TextAnswer = { readonly status: number; readonly body: string };

/** Posts a text and reads the answer up to a bound. Redirects are not followed: a witness has one address. */
export async function postText(
  address: string,
  body: string,
  { timeoutMs, signal }: PostOptions,
): Promise<Result<TextAnswer, WitnessFault>> {
  if (!/^https?:$/.test(URL.parse(address)?.protocol ?? '')) {
    return fail(witnessFault('bad-address', `${address} is no http or https address; give its submission prefix`));
  }
  const timeout = AbortSignal.timeout(timeoutMs);
  const ends = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  try {
    const headers = { 'Content-Type': 'text/plain; charset=utf-8' };
    const response = await fetch(address, { method: 'POST', body, headers, redirect: 'manual', signal: ends });
    const text = await boundedText(response);
    return text === undefined
      ? fail(witnessFault('bad-answer', `its answer is no text of at most ${ANSWER_BYTES_MAX} bytes`, response.status))
      : ok({ status: response.status, body: text });
  } catch (error) {
    if (signal?.aborted === true) {
      return fail(witnessFault('abandoned', 'it was not waited for any longer'));
    }
    if (timeout.aborted) {
      return fail(witnessFault('timed-out', `it did not answer within ${timeoutMs} ms; try again later`));
    }
    return fail(witnessFault('unreachable', `${causeOf(error)}; check its address and that it runs`));
  }
}

/** The body as UTF-8; undefined where it is longer than the bound, or none. */
async function boundedText(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read()) {
    length += read.value.length;
    if (length > ANSWER_BYTES_MAX) {
      await reader?.cancel();
      return undefined;
    }
    chunks.push(read.value);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    return undefined;
  }
}

/** fetch says "fetch failed" and keeps what failed in `cause`. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
