import type { Result } from '@portledger/format';
import type { IncomingMessage } from 'node:http';
import type { HttpFault } from '../../http/http-fault.ts';
import { IN_FLIGHT_RESERVE_BYTES } from '../../limits.ts';
import type { InFlightShare } from '../in-flight.ts';
import type { BodyPool } from './body-pool.ts';

export type BodyBounds = { readonly bytesMax: number; readonly idleTimeoutMs: number; readonly timeoutMs: number };

/** A body's bytes; the buffer has one spare byte past `length`, which the intake may write a newline to. */
export type Body = { readonly bytes: Buffer; readonly length: number };

const EMPTY = Buffer.alloc(0);

function tooLarge(bytesMax: number): HttpFault {
  return { code: 'body-too-large', message: `The body is larger than ${bytesMax} bytes.` };
}

/** Gathers a body's chunks in one buffer with one spare byte at the end; a length told beforehand saves copying twice. */
export class BodyBuffer {
  readonly #pool: BodyPool;
  #bytes: Buffer;
  #length = 0;

  constructor(expectedBytes: number, pool: BodyPool) {
    this.#pool = pool;
    this.#bytes = pool.take(expectedBytes + 1);
  }

  get length(): number {
    return this.#length;
  }

  add(chunk: Buffer): void {
    const needed = this.#length + chunk.length + 1;
    if (needed > this.#bytes.length) {
      const wider = this.#pool.take(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(wider, 0, 0, this.#length);
      this.#pool.give(this.#bytes);
      this.#bytes = wider;
    }
    chunk.copy(this.#bytes, this.#length);
    this.#length += chunk.length;
  }

  toBody(): Body {
    return { bytes: this.#bytes, length: this.#length };
  }

  /** Gives the bytes back to the pool: the body must not be read any more. */
  release(): void {
    this.#pool.give(this.#bytes);
    this.#bytes = EMPTY;
    this.#length = 0;
  }
}

/** The announced length, undefined when there is none. Node has refused malformed ones before. */
export function contentLength(request: IncomingMessage): number | undefined {
  const header = request.headers['content-length'];
  return header === undefined ? undefined : Number(header);
}

/**
 * Reads a request's body as it was sent, within bounds of size and time. `share` holds the announced length already,
 * and grows with a body that announced none. Whoever gets the body releases it.
 */
export function readBody(
  request: IncomingMessage,
  bounds: BodyBounds,
  share: InFlightShare,
  pool: BodyPool,
): Promise<Result<BodyBuffer, HttpFault>> {
  const { promise, resolve } = Promise.withResolvers<Result<BodyBuffer, HttpFault>>();
  const announced = contentLength(request);
  const body = new BodyBuffer(announced ?? IN_FLIGHT_RESERVE_BYTES, pool);
  let isSettled = false;

  const settle = (result: Result<BodyBuffer, HttpFault>): void => {
    if (isSettled) return;
    isSettled = true;
    clearTimeout(total);
    clearTimeout(idle);
    request.off('data', onData);
    request.off('end', onEnd);
    request.off('close', onClose);
    if (!result.ok) {
      request.pause();
      body.release();
    }
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
    if (body.length + chunk.length > bounds.bytesMax) return fail(tooLarge(bounds.bytesMax));
    if (announced === undefined && !share.grow(chunk.length)) return fail({ code: 'overloaded' });
    body.add(chunk);
    return undefined;
  };
  const onEnd = (): void => {
    settle({ ok: true, value: body });
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
