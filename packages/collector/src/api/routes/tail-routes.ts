import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import { Type } from 'typebox';
import { isStillKnown, principalOf } from '../../auth/authenticate.ts';
import { READERS } from '../../auth/principal.ts';
import type { TailEvent, TailFault } from '../../followers/tail/live-tail.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import { sendFault } from '../../http/http-fault.ts';
import type { HttpFault } from '../../http/http-fault.ts';
import { SECURITY_HEADERS } from '../../http/security-headers.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import { TAIL_CLIENT_BUFFER_BYTES_MAX, TAIL_KEEP_ALIVE_MS, TAIL_UNREAD_ALIVES_MAX } from '../../limits.ts';
import type { Services } from '../api-services.ts';
import { readQuery } from '../query-parameter.ts';
import { QUERY_TEXT } from '../schemas/query-schemas.ts';
import type { TailClients } from '../tail-clients.ts';

const TAIL_SCHEMA = {
  operationId: 'tail',
  tags: ['search'],
  summary: 'Records as they become durable',
  description:
    'Server-Sent Events: `record` with a hit as JSON; `dropped` with {"count"} when the client read too slowly; comments keep the connection alive.',
  produces: ['text/event-stream'],
  querystring: Type.Object({ q: QUERY_TEXT }, { additionalProperties: false }),
  response: { 200: Type.String({ description: 'text/event-stream' }), ...faultResponses(400, 401, 403, 429, 503) },
};

/** Writes one client's events; what its socket cannot take is dropped, counted and told. */
class EventWriter {
  readonly #response: ServerResponse;
  readonly #clients: TailClients;
  #dropped = 0;
  #unreadAlives = 0;

  constructor(response: ServerResponse, clients: TailClients) {
    this.#response = response;
    this.#clients = clients;
  }

  /** Shows that the connection stands. False when the client has read nothing for so long that it is gone for us. */
  keepAlive(): boolean {
    this.#unreadAlives = this.#isBehind() ? this.#unreadAlives + 1 : 0;
    if (this.#unreadAlives === 0) this.#response.write(': alive\n\n');
    return this.#unreadAlives < TAIL_UNREAD_ALIVES_MAX;
  }

  record(hit: unknown): void {
    if (this.#isBehind()) {
      this.#dropped += 1;
      this.#clients.noteDropped(1);
      return;
    }
    this.#tellDropped();
    this.#response.write(`event: record\ndata: ${JSON.stringify(hit)}\n\n`);
    this.#clients.noteSent();
  }

  /** Records that were dropped before they came here. */
  dropped(count: number): void {
    this.#dropped += count;
    this.#clients.noteDropped(count);
    if (!this.#isBehind()) this.#tellDropped();
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    this.#response.write(`event: dropped\ndata: ${JSON.stringify({ count: this.#dropped })}\n\n`);
    this.#dropped = 0;
  }

  #isBehind(): boolean {
    return this.#response.writableLength > TAIL_CLIENT_BUFFER_BYTES_MAX;
  }
}

async function pump(events: AsyncIterable<TailEvent>, writer: EventWriter): Promise<void> {
  for await (const event of events) {
    switch (event.kind) {
      case 'hit':
        writer.record(event.hit);
        break;
      case 'dropped':
        writer.dropped(event.count);
        break;
      default:
        event satisfies never;
    }
  }
}

function tailFault(fault: TailFault): HttpFault {
  switch (fault.code) {
    case 'busy':
      return { code: 'too-many-tails', message: fault.message, retryAfterSeconds: 10 };
    case 'unavailable':
      return { code: 'closing' };
    default:
      return fault.code satisfies never;
  }
}

function openStream(reply: FastifyReply): ServerResponse {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  // The first bytes tell the client that it is connected, before any record comes.
  response.write(': portledger tail\n\n');
  return response;
}

/** `GET /v1/tail`: live records as Server-Sent Events. */
export function registerTailRoutes(server: HttpServer, services: Services): void {
  const options = { config: { access: READERS }, schema: TAIL_SCHEMA, exposeHeadRoute: false };
  server.get('/v1/tail', options, async (request, reply) => {
    const { tail, tailClients, audit, clock, closing } = services();
    const query = readQuery(request.query.q, clock());
    if (!query.ok) return sendFault(reply, query.fault);
    const { name } = principalOf(request);
    if (!tailClients.enter(name)) return sendFault(reply, { code: 'too-many-tails', retryAfterSeconds: 10 });
    const gone = new AbortController();
    try {
      const events = tail.subscribe(query.value, AbortSignal.any([gone.signal, closing]));
      if (!events.ok) return sendFault(reply, tailFault(events.fault));
      audit.read(principalOf(request), { kind: 'tail', query: request.query.q ?? '' });
      const response = openStream(reply);
      response.on('close', () => {
        gone.abort();
      });
      const writer = new EventWriter(response, tailClients);
      const keepAlive = setInterval(() => {
        // A tail lasts; the token or session that opened it may not.
        if (!writer.keepAlive() || !isStillKnown(services(), request, clock() / 1_000)) response.destroy();
      }, TAIL_KEEP_ALIVE_MS);
      try {
        await pump(events.value, writer);
      } finally {
        clearInterval(keepAlive);
        response.end();
      }
    } finally {
      gone.abort();
      tailClients.leave(name);
    }
    return reply;
  });
}
