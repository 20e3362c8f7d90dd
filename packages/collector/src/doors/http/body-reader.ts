import type { Result } from '@portledger/format';
import type { IncomingMessage } from 'node:http';
import type { HttpFault } from '../../http/http-fault.ts';
import type { InFlightShare } from '../in-flight.ts';

export type BodyBounds = { readonly bytesMax: number; readonly idleTimeoutMs: number; readonly timeoutMs: number };

/** A body's bytes; the buffer has one spare byte past `length`, which the intake may write a newline to. */
export type Body = { readonly bytes: Buffer; readonly length: number };

function tooLarge(bytesMax: number): HttpFault {
  return { code: 'body-too-large', message: `The body is larger than ${bytesMax} bytes.` };
}

/** Joins chunks with one spare byte at the end. */
export function joinChunks(chunks: readonly Buffer[], length: number): Body {
  const bytes = Buffer.allocUnsafe(length + 1);
  let at = 0;
  for (const chunk of chunks) {
    chunk.copy(bytes, at);
    at += chunk.length;
  }
  return { bytes, length };
}

/** The announced length, undefined when there is none. Node has refused malformed ones before. */
export function contentLength(request: IncomingMessage): number | undefined {
  const header = request.headers['content-length'];
  return header === undefined ? undefined : Number(header);
}

/**
 * Reads a request's body as it was sent, within bounds of size and time. `share` holds the announced length already,
 * and grows with a body that announced none.
 */
export function readBody(
  request: IncomingMessage,
  bounds: BodyBounds,
  share: InFlightShare,
): Promise<Result<Body, HttpFault>> {
  const { promise, resolve } = Promise.withResolvers<Result<Body, HttpFault>>();
  const announced = contentLength(request);
  const chunks: Buffer[] = [];
  let length = 0;
  let isSettled = false;

  const settle = (result: Result<Body, HttpFault>): void => {
    if (isSettled) return;
    isSettled = true;
    clearTimeout(total);
    clearTimeout(idle);
    request.off('data', onData);
    request.off('end', onEnd);
    request.off('close', onClose);
    if (!result.ok) request.pause();
    resolve(result);
  };
  const fail = (fault: HttpFault): void => {
    settle({ ok: false, fault });
  };
  const onTimeout = (): void => {
    fail({ code: 'body-timeout' });
  };
  const onData = (chunk: Buffer): void => {
    idle.refresh();
    length += chunk.length;
    if (length > bounds.bytesMax) return fail(tooLarge(bounds.bytesMax));
    if (announced === undefined && !share.grow(chunk.length)) return fail({ code: 'overloaded' });
    chunks.push(chunk);
    return undefined;
  };
  const onEnd = (): void => {
    settle({ ok: true, value: joinChunks(chunks, length) });
  };
  const onClose = (): void => {
    fail({ code: 'body-cut-off' });
  };

  const total = setTimeout(onTimeout, bounds.timeoutMs);
  const idle = setTimeout(onTimeout, bounds.idleTimeoutMs);
  // An aborted request also emits an error; `close` follows and settles.
  request.on('error', () => {});
  request.on('data', onData);
  request.on('end', onEnd);
  request.on('close', onClose);
  return promise;
}
