import type { FastifyReply } from 'fastify';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { RETRY_AFTER_SECONDS } from '../limits.ts';
import { FAULTS } from './fault-catalogue.ts';
import type { FaultCode } from './fault-catalogue.ts';

/** An error on its way to the caller: a code of the catalogue, and what is known of this case. */
export type HttpFault = {
  readonly code: FaultCode;
  /** Replaces the catalogue's message where this case can be told more exactly. */
  readonly message?: string;
  readonly remedy?: string;
  /** Further members of the error object, such as a query fault's position. */
  readonly details?: Readonly<Record<string, string | number>>;
  /** Seconds for Retry-After, where it is not the usual one. */
  readonly retryAfterSeconds?: number;
};

/** `{error: {code, message, remedy?, …}}`, the one shape of every error. */
type FaultBody = {
  readonly error: { readonly code: FaultCode; readonly message: string; readonly remedy?: string } & Readonly<
    Record<string, string | number>
  >;
};

function faultBody(fault: HttpFault): FaultBody {
  const entry: { readonly message: string; readonly remedy?: string } = FAULTS[fault.code];
  const remedy = fault.remedy ?? entry.remedy;
  return {
    error: {
      code: fault.code,
      message: fault.message ?? entry.message,
      ...(remedy === undefined ? {} : { remedy }),
      ...fault.details,
    },
  };
}

/** The headers that a fault brings: when to come again, and how to sign in. */
function faultHeaders(fault: HttpFault): Readonly<Record<string, string>> {
  const { status } = FAULTS[fault.code];
  if (status === 429 || status === 503)
    return { 'retry-after': String(fault.retryAfterSeconds ?? RETRY_AFTER_SECONDS) };
  if (status === 401) return { 'www-authenticate': 'Bearer realm="portledger"' };
  return {};
}

/** Answers with the fault. */
export function sendFault(reply: FastifyReply, fault: HttpFault): FastifyReply {
  return reply
    .code(FAULTS[fault.code].status)
    .headers(faultHeaders(fault))
    .type('application/json; charset=utf-8')
    .send(faultBody(fault));
}

/** Answers a connection whose request could not even be parsed, and ends it. */
export function answerBrokenConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const fault = brokenConnectionFault(error.code);
  const { status } = FAULTS[fault.code];
  const body = JSON.stringify(faultBody(fault));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function brokenConnectionFault(code: string | undefined): HttpFault {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { code: 'body-timeout', message: 'The request did not arrive in time.' };
  if (code === 'HPE_HEADER_OVERFLOW') return { code: 'header-too-large' };
  return { code: 'request-invalid', message: 'The request is not valid HTTP.' };
}
