import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  CLOSE_TIMEOUT_MS,
  CONNECTIONS_MAX,
  HEADER_BYTES_MAX,
  KEEP_ALIVE_TIMEOUT_MS,
  REQUESTS_MAX,
  REQUEST_TIMEOUT_MS,
} from './limits.ts';
import { openWitness, type OpenWitness, type WitnessOptions } from './open-witness.ts';
import { readBody, type BodyFault } from './request-body.ts';
import type { Witness, WitnessAnswer } from './witness.ts';
import type { WitnessCounters } from './witness-counters.ts';
import { WitnessError } from './witness-error.ts';
import { witnessMetrics } from './witness-metrics.ts';

export type WitnessServerOptions = Omit<WitnessOptions, 'clock'> & {
  /** Seconds since the epoch; the system's clock by default. */
  readonly clock?: () => number;
  /** Address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** Port to listen on; 0 is any free one. */
  readonly port: number;
  /** Path before `/add-checkpoint`: empty, or segments that begin with a slash and end without one. */
  readonly prefix?: string;
  /** Milliseconds that a client has for sending a whole request. */
  readonly requestTimeoutMs?: number;
  /** Told what made the witness answer 500. */
  readonly onFault: (error: unknown) => void;
};

export type WitnessServer = AsyncDisposable & {
  /** The submission prefix, to which clients add `/add-checkpoint`. */
  readonly url: string;
  readonly vkey: string;
  counters(): Readonly<WitnessCounters>;
  /** Stops taking requests, ends those under way and lets go of the folder. */
  close(): Promise<void>;
};

type Answer =
  | WitnessAnswer
  | { readonly status: 'page'; readonly type: string; readonly text: string }
  | BodyFault
  | { readonly status: 405; readonly reason: string }
  | { readonly status: 500; readonly reason: string };

const PREFIX = /^(?:\/[A-Za-z0-9._~-]+)*$/;

const COUNTED_AS: ReadonlyMap<number, keyof WitnessCounters> = new Map([
  [200, 'cosigned'],
  [409, 'conflicts'],
  [500, 'failed'],
  [503, 'pushedBack'],
]);

/** Starts a witness: the `add-checkpoint` call of C2SP tlog-witness. Throws a WitnessError, or what `listen` throws. */
export async function startWitness(options: WitnessServerOptions): Promise<WitnessServer> {
  const { host = '127.0.0.1', prefix = '' } = options;
  if (!PREFIX.test(prefix)) {
    throw new WitnessError('bad-options', `the prefix ${JSON.stringify(prefix)} is no path; give one such as /witness`);
  }
  const clock = options.clock ?? ((): number => Math.floor(Date.now() / 1000));
  const opened = await openWitness({ ...options, clock });
  const door = new WitnessDoor(opened.witness, `${prefix}/add-checkpoint`, options.onFault);
  const requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
    },
    (request, response) => door.take(request, response),
  );
  server.maxConnections = CONNECTIONS_MAX;
  try {
    server.listen({ host, port: options.port });
    await once(server, 'listening');
  } catch (error) {
    opened[Symbol.dispose]();
    throw error;
  }
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeServer(server, door, opened));
  return {
    url: `http://${authorityOf(server)}${prefix}`,
    vkey: opened.vkey,
    counters: () => ({ ...door.counters }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function authorityOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new WitnessError('bad-options', 'the server does not listen on a port');
  }
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
}

async function closeServer(server: Server, door: WitnessDoor, opened: OpenWitness): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const cut = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS);
  await closed;
  clearTimeout(cut);
  await door.idle();
  opened[Symbol.dispose]();
}

/** Takes HTTP requests to the witness and its answers back. */
class WitnessDoor {
  readonly counters: WitnessCounters = {
    cosigned: 0,
    conflicts: 0,
    refused: 0,
    pushedBack: 0,
    failed: 0,
    abandoned: 0,
  };
  readonly #witness: Witness;
  readonly #path: string;
  readonly #onFault: (error: unknown) => void;
  readonly #underWay = new Set<Promise<void>>();

  constructor(witness: Witness, path: string, onFault: (error: unknown) => void) {
    this.#witness = witness;
    this.#path = path;
    this.#onFault = onFault;
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    const done = this.#serve(request, response).finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }

  async idle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      send(response, this.#count(await this.#answer(request)));
    } catch (error) {
      if (request.destroyed && !request.complete) {
        this.counters.abandoned += 1;
        return;
      }
      this.#onFault(error);
      send(response, this.#count({ status: 500, reason: 'this witness cannot cosign now; its operator was told' }));
    }
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    if (request.method === 'GET' && request.url === '/healthz') {
      return { status: 'page', type: 'text/plain; charset=utf-8', text: 'ok\n' };
    }
    if (request.method === 'GET' && request.url === '/metrics') {
      const text = witnessMetrics(this.counters, this.#witness.heads());
      return { status: 'page', type: 'text/plain; version=0.0.4; charset=utf-8', text };
    }
    if (request.url !== this.#path) {
      return { status: 404, reason: 'no such path; POST to the submission prefix and /add-checkpoint' };
    }
    if (request.method !== 'POST') {
      return { status: 405, reason: 'use POST' };
    }
    if (this.#underWay.size >= REQUESTS_MAX) {
      return { status: 503, reason: 'too many requests at once; try again later' };
    }
    const body = await readBody(request);
    return body.ok ? this.#witness.addCheckpoint(body.value) : body.fault;
  }

  #count(answer: Answer): Answer {
    if (answer.status === 'page') return answer;
    this.counters[COUNTED_AS.get(answer.status) ?? 'refused'] += 1;
    return answer;
  }
}

function send(response: ServerResponse, answer: Answer): void {
  response.statusCode = answer.status === 'page' ? 200 : answer.status;
  response.setHeader('Content-Type', typeOf(answer));
  response.setHeader('Cache-Control', 'no-store');
  if (answer.status === 405) {
    response.setHeader('Allow', 'POST');
  }
  if (answer.status === 503) {
    response.setHeader('Retry-After', '1');
  }
  if (!response.req.complete) {
    response.setHeader('Connection', 'close'); // what is left of the body is not read
  }
  response.end(bodyOf(answer));
}

function typeOf(answer: Answer): string {
  if (answer.status === 'page') {
    return answer.type;
  }
  return answer.status === 409 ? 'text/x.tlog.size' : 'text/plain; charset=utf-8';
}

function bodyOf(answer: Answer): string {
  if (answer.status === 'page') {
    return answer.text;
  }
  if (answer.status === 200) {
    return answer.cosignatures;
  }
  return answer.status === 409 ? `${answer.size}\n` : `${answer.reason}\n`;
}
