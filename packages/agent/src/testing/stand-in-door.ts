import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { zstdDecompressSync } from 'node:zlib';
import { parseLine, timestampFromMicros, type AccessRecord } from '@portledger/format';

/** How the door answers one request instead of accepting it. */
export type Answer =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string; readonly body?: string }
  /** Takes the records, then cuts the connection within the reply: the sender cannot know that they were taken. */
  | { readonly kind: 'take-and-cut' }
  | { readonly kind: 'cut' }
  /** Never replies. */
  | { readonly kind: 'hang' };

/** A real HTTP server that stands in for the collector's door for records in tests. */
export class StandInDoor implements AsyncDisposable {
  /** session → seq → line; what a collector would keep after leaving out what it already had. */
  readonly kept = new Map<string, Map<number, string>>();
  readonly records: AccessRecord[] = [];
  duplicates = 0;
  changedRedeliveries = 0;
  requests = 0;
  connections = 0;
  /** Answers for the next requests, in order; then everything is accepted. */
  readonly answers: Answer[] = [];
  /** Refuses records for which it says why. */
  refuse: (record: AccessRecord) => string | undefined = () => undefined;
  bodyBytesMax = Number.POSITIVE_INFINITY;
  keepAliveTimeoutMs = 72_000;
  #server: Server | undefined;
  #waiters: (() => void)[] = [];
  port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async open(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    server.keepAliveTimeout = this.keepAliveTimeoutMs;
    server.on('connection', () => {
      this.connections += 1;
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    this.port = address !== null && typeof address === 'object' ? address.port : 0;
    this.#server = server;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  /** Resolves once `condition` holds, looked at after each request; throws after `withinMs`. */
  async until(condition: () => boolean, withinMs = 10_000): Promise<void> {
    const signal = AbortSignal.timeout(withinMs);
    while (!condition()) {
      await new Promise<void>((resolve, reject) => {
        this.#waiters.push(resolve);
        signal.addEventListener('abort', () => reject(new Error(`not so within ${withinMs} ms: ${String(condition)}`)));
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const sent = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'zstd' ? zstdDecompressSync(sent) : sent;
    this.requests += 1;
    const answer = this.answers.shift();
    if (answer?.kind === 'hang') {
      response.flushHeaders();
    } else if (answer?.kind === 'cut') {
      response.destroy();
    } else if (answer?.kind === 'status') {
      if (answer.retryAfter !== undefined) response.setHeader('retry-after', answer.retryAfter);
      const error = { code: `status-${answer.status}`, message: 'as the test wants' };
      response.writeHead(answer.status).end(answer.body ?? JSON.stringify({ error }));
    } else if (body.length > this.bodyBytesMax) {
      response.writeHead(413).end(JSON.stringify({ error: { code: 'too-large', message: 'too large' } }));
    } else {
      const reply = JSON.stringify(this.#take(body.toString()));
      if (answer?.kind === 'take-and-cut') {
        response.writeHead(200, { 'content-length': reply.length });
        response.write(reply.slice(0, 10), () => response.destroy());
      } else {
        response.writeHead(200).end(reply);
      }
    }
    for (const wake of this.#waiters.splice(0)) wake();
  }

  #take(body: string): unknown {
    if (!body.endsWith('\n')) throw new Error('a body must end with a whole line');
    const refused: { line: number; code: string; reason: string }[] = [];
    let accepted = 0;
    let duplicates = 0;
    for (const [index, line] of body.slice(0, -1).split('\n').entries()) {
      const record = parseLine(line);
      if (!record.ok) throw new Error(`not a canonical line: ${record.fault.message}: ${line}`);
      const reason = this.refuse(record.value);
      if (reason !== undefined) {
        refused.push({ line: index + 1, code: 'refused', reason });
      } else if (this.#keep(record.value, line)) {
        accepted += 1;
      } else {
        duplicates += 1;
      }
    }
    this.duplicates += duplicates;
    const received = timestampFromMicros(Date.now() * 1000);
    return { accepted, duplicates, refused: refused.slice(0, 100), refused_total: refused.length, received };
  }

  #keep(record: AccessRecord, line: string): boolean {
    const session = this.kept.get(record.session) ?? new Map<number, string>();
    this.kept.set(record.session, session);
    const before = session.get(record.seq);
    if (before !== undefined) {
      if (before !== line) this.changedRedeliveries += 1;
      return false;
    }
    session.set(record.seq, line);
    this.records.push(record);
    return true;
  }
}

/** Seqs missing between 0 and the highest one kept. */
export function holes(session: ReadonlyMap<number, string>): number[] {
  const missing: number[] = [];
  const highest = Math.max(...session.keys());
  for (let seq = 0; seq <= highest; seq += 1) if (!session.has(seq)) missing.push(seq);
  return missing;
}
