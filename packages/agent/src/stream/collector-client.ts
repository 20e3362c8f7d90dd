import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type * as https from 'node:https';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import type { SignedBatch } from '@portledger/format';
import { REPLY_BYTES_MAX, SEND_TIMEOUT_MS } from '../limits.ts';
import { isLoopback } from '../shaping/host-addresses.ts';
import type { ClockOffset } from './clock-offset.ts';
import type { Delivery, Reply } from './delivery.ts';
import { readReply } from './reply.ts';

const compress = promisify(zstdCompress);
/** Local ports of the newest connections: an old one's closing is reported after the next has been opened. */
const PORTS_REMEMBERED = 4;

export type ClientOptions = {
  readonly collectorUrl: string;
  readonly token: string;
  readonly clock: ClockOffset;
  readonly now: () => number;
  /** Bodies to collectors on other hosts are compressed; on loopback that costs more than it saves. */
  readonly compress?: boolean;
  readonly timeoutMs?: number;
};

/** Header that carries what is signed of a body: base64 of JSON. */
const BATCH_HEADER = 'portledger-batch';

export type PostRequest = {
  /** Below the collector's URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly signal: AbortSignal;
};

/** Why there was no reply. `isStale`: a kept connection had been closed, so trying again at once is fair. */
type NoReply = { readonly message: string; readonly isStale: boolean };

/** One keep-alive connection to the collector. */
export class CollectorClient implements Disposable {
  readonly collectorPort: number;
  readonly #options: ClientOptions;
  readonly #url: URL;
  readonly #agent: HttpAgent | https.Agent;
  readonly #compress: boolean;
  #localPorts: readonly number[] = [];
  #reused = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#url = new URL(options.collectorUrl.endsWith('/') ? options.collectorUrl : `${options.collectorUrl}/`);
    const secure = this.#url.protocol === 'https:';
    const pool = { keepAlive: true, maxSockets: 1, scheduling: 'lifo' } as const;
    this.#agent = secure ? new (tls().Agent)(pool) : new HttpAgent(pool);
    this.collectorPort = Number(this.#url.port === '' ? (secure ? 443 : 80) : this.#url.port);
    const host = this.#url.hostname.replace(/^\[|\]$/g, '');
    this.#compress = options.compress ?? !(host === 'localhost' || isLoopback(host));
  }

  /** Whether a connection is this agent's own way to the collector. */
  isOwn(sourcePort: number, destPort: number): boolean {
    return destPort === this.collectorPort && this.#localPorts.includes(sourcePort);
  }

  /** Sends whole lines once. Never throws for what the network or the other side does. */
  async post(lines: Buffer, signal: AbortSignal, signed?: SignedBatch): Promise<Delivery> {
    const body = this.#compress ? await compress(lines) : lines;
    const sentMs = this.#options.now();
    const headers = {
      'content-type': 'application/x-ndjson',
      ...(this.#compress ? { 'content-encoding': 'zstd' } : {}),
      ...(signed === undefined ? {} : { [BATCH_HEADER]: Buffer.from(JSON.stringify(signed)).toString('base64') }),
    };
    const reply = await this.exchange({ path: 'v1/records', headers, body, signal });
    if ('message' in reply)
      return { kind: 'later', message: reply.message, ...(reply.isStale ? { atOnce: true } : {}) };
    const delivery = readReply(reply, this.#options.now());
    if (delivery.kind === 'delivered' && delivery.receivedMicros !== undefined) {
      this.#options.clock.observe(sentMs, this.#options.now(), delivery.receivedMicros);
    }
    return delivery;
  }

  /** Posts once. Never throws for what the network or the other side does. */
  async exchange(request: PostRequest): Promise<Reply | NoReply> {
    try {
      return await this.#send(request);
    } catch (cause) {
      // The collector may close an idle connection just as it is used again: that says nothing about its state.
      return { message: messageOf(cause), isStale: this.#reused && isReset(cause) };
    }
  }

  #send({ path, headers, body, signal }: PostRequest): Promise<Reply> {
    const send = this.#url.protocol === 'https:' ? tls().request : httpRequest;
    return new Promise((resolve, reject) => {
      const sending = send(new URL(path, this.#url), {
        method: 'POST',
        agent: this.#agent,
        signal,
        headers: {
          authorization: `Bearer ${this.#options.token}`,
          'content-length': body.length,
          ...headers,
        },
      });
      const timeoutMs = this.#options.timeoutMs ?? SEND_TIMEOUT_MS;
      const timer = setTimeout(() => sending.destroy(new Error(`no reply within ${timeoutMs} ms`)), timeoutMs);
      const settle =
        <T>(finish: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          finish(value);
        };
      sending.on('socket', () => this.#watchPort(sending));
      sending.on('error', settle(reject));
      sending.on('response', (response) => {
        collect(response).then(settle(resolve), settle(reject));
      });
      sending.end(body);
    });
  }

  #watchPort(sending: ClientRequest): void {
    this.#reused = sending.reusedSocket;
    const { socket } = sending;
    if (socket === null || sending.reusedSocket) return;
    socket.once('connect', () => {
      const { localPort } = socket;
      if (localPort !== undefined) this.#localPorts = [localPort, ...this.#localPorts].slice(0, PORTS_REMEMBERED);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** TLS takes several megabytes, which an agent beside its collector has no use for. */
function tls(): typeof https {
  return process.getBuiltinModule('node:https');
}

async function collect(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > REPLY_BYTES_MAX) throw new Error(`the reply is longer than ${REPLY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  if (!response.complete) throw new Error('the connection broke within the reply');
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers['retry-after'],
    body: Buffer.concat(chunks).toString(),
  };
}

function isReset(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE');
}

function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // A refused connection to a name with several addresses is an AggregateError without a message of its own.
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join('; ');
  return cause.message;
}
