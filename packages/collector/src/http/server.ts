import fastifyCookie from '@fastify/cookie';
import Fastify, { LogController } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { FastifyBaseLogger, FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import {
  API_BODY_BYTES_MAX,
  CONNECTIONS_CROWDED,
  CONNECTIONS_MAX,
  HEADER_BYTES_MAX,
  KEEP_ALIVE_TIMEOUT_MS,
  REFUSED_BODY_DRAIN_MS,
} from '../limits.ts';
import { makeRoom } from './connection-room.ts';
import { isHostAllowed } from './host-check.ts';
import { answerBrokenConnection, sendFault } from './http-fault.ts';
import type { HttpFault } from './http-fault.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import type { HttpServer, SchemaTypes } from './type-provider.ts';

export type HttpServerOptions = {
  readonly log: FastifyBaseLogger;
  /** Host names, besides localhost and IP literals, that requests may be addressed to; lower case. */
  readonly hostNames: ReadonlySet<string>;
  /** Addresses and CIDR blocks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; nobody else's are. */
  readonly trustedProxies: readonly string[];
  readonly headersTimeoutMs: number;
  /** For a whole request; a body's own clock (idle, total) is the door's. */
  readonly requestTimeoutMs: number;
  readonly isClosing: () => boolean;
};

/** What the framework itself refuses, in our words. */
function frameworkFault(error: FastifyError): HttpFault {
  if (error.validation !== undefined)
    return { code: 'request-invalid', message: `The request does not fit its description: ${error.message}.` };
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return {
        code: 'body-too-large',
        message: `The body has more than ${API_BODY_BYTES_MAX} bytes.`,
        remedy: 'Send only what /v1/openapi.json describes.',
      };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return {
        code: 'content-type-unsupported',
        message: 'This address takes JSON.',
        remedy: 'Send it with Content-Type application/json.',
      };
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return { code: 'body-invalid', message: 'The body is not valid JSON.' };
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return { code: 'request-invalid', message: 'The address cannot be read.' };
    default:
      break;
  }
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 500
    ? { code: 'request-invalid', message: 'The request cannot be read.' }
    : { code: 'internal' };
}

function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const fault = frameworkFault(error);
  if (fault.code !== 'internal') return sendFault(reply, fault);
  // The cause goes to the log alone; the caller gets the id to look it up with.
  request.log.error({ err: error }, 'request failed');
  return sendFault(reply, { code: 'internal', details: { request_id: request.id } });
}

/**
 * Node reads on and throws away what is left of a body that was answered early, so that a sender still writing gets to
 * read why it was refused instead of a reset connection. That is given a bounded time.
 */
function boundDrain(request: IncomingMessage): void {
  if (request.complete) return;
  const timer = setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, REFUSED_BODY_DRAIN_MS);
  timer.unref();
}

/** Makes the HTTP server without routes: limits, host check, headers, error shape. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const server: HttpServer = Fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),

    bodyLimit: API_BODY_BYTES_MAX,
    trustProxy: options.trustedProxies.length === 0 ? false : [...options.trustedProxies],
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    requestTimeout: options.requestTimeoutMs,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true },
    ajv: { customOptions: { removeAdditional: false, allErrors: false } },
    http: {
      headersTimeout: options.headersTimeoutMs,
      maxHeaderSize: HEADER_BYTES_MAX,
      // A request without Host is refused by the host check, in our words.
      requireHostHeader: false,
      connectionsCheckingInterval: Math.min(1_000, options.headersTimeoutMs),
    },
    clientErrorHandler: answerBrokenConnection,
    frameworkErrors: (error, request, reply) => {
      void answerError(error, request, reply);
    },
  }).withTypeProvider<SchemaTypes>();
  server.server.maxConnections = CONNECTIONS_MAX;
  makeRoom(server.server, CONNECTIONS_CROWDED);
  void server.register(fastifyCookie);
  server.addHook('onRequest', (request, reply, proceed) => {
    void reply.headers(SECURITY_HEADERS);
    if (options.isClosing()) void sendFault(reply.header('connection', 'close'), { code: 'closing' });
    else if (!isHostAllowed(request.headers.host, options.hostNames)) void sendFault(reply, { code: 'host-refused' });
    else proceed();
  });
  server.addHook('onResponse', async (request: FastifyRequest) => {
    boundDrain(request.raw);
  });
  // Answers are typed by their schemas; compiling a writer from each would cost a tenth of the start for nothing.
  server.setSerializerCompiler(() => JSON.stringify);
  server.setErrorHandler(answerError);
  return server;
}
