import type { IncomingMessage } from 'node:http';
import { fail, ok, type Result } from '@portledger/format';
import { REQUEST_BYTES_MAX } from './limits.ts';

export type BodyFault = { readonly status: 400 | 413 | 415; readonly reason: string };

/** Reads a request's body as UTF-8, up to a bound. Throws where the client goes away before its end. */
export async function readBody(request: IncomingMessage): Promise<Result<string, BodyFault>> {
  const coding = request.headers['content-encoding'] ?? 'identity';
  if (coding !== 'identity') {
    return fail({ status: 415, reason: `send the body as it is, not as ${coding}` });
  }
  const tooLong: BodyFault = { status: 413, reason: `the body has more than ${REQUEST_BYTES_MAX} bytes` };
  if (Number(request.headers['content-length'] ?? 0) > REQUEST_BYTES_MAX) {
    return fail(tooLong);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  // The stream is kept open on an early return, as its socket has yet to carry the answer.
  const body: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of body) {
    length += chunk.length;
    if (length > REQUEST_BYTES_MAX) {
      return fail(tooLong);
    }
    chunks.push(chunk);
  }
  try {
    return ok(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks)));
  } catch {
    return fail({ status: 400, reason: 'the body is not UTF-8' });
  }
}
