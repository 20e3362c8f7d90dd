import { canonicalLine, timestampFromMicros } from '@portledger/format';
import type { AccessRecord } from '@portledger/format';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { startCollector } from '../collector.ts';
import type { Collector } from '../collector.ts';
import type { CollectorOptions } from '../collector-options.ts';

export type Call = {
  readonly method?: string;
  /** A token; by default the admin's. `null` sends none. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
};

export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string };

/** A real collector on a temporary folder and an ephemeral port. */
export type TestCollector = Collector & {
  readonly dir: string;
  readonly port: number;
  call(path: string, call?: Call): Promise<Answer>;
  /** Posts NDJSON to the records door. */
  post(body: string | Uint8Array, headers?: Readonly<Record<string, string>>, token?: string): Promise<Answer>;
  [Symbol.asyncDispose](): Promise<void>;
};

function send(url: string, call: Call, token: string | null): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = {
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(call.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(call.body)) }),
    ...call.headers,
  };
  const outgoing = request(url, { method: call.method ?? 'GET', headers }, (incoming) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
    });
    incoming.on('end', () => {
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text: Buffer.concat(chunks).toString() });
    });
    incoming.on('error', reject);
  });
  outgoing.on('error', reject);
  outgoing.end(call.body);
  return promise;
}

export async function testCollector(options: Partial<CollectorOptions> = {}): Promise<TestCollector> {
  const dir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'portledger-collector-')));
  const collector = await startCollector({
    dataDir: dir,
    listen: { host: '127.0.0.1', port: 0 },
    hostName: 'test-host',
    log: pino({ level: 'error' }),
    ...options,
  });
  const call: TestCollector['call'] = (path, how = {}) =>
    send(collector.url + path, how, how.token === undefined ? collector.adminToken : how.token);
  return {
    ...collector,
    dir,
    port: Number(new URL(collector.url).port),
    call,
    post: (body, headers = {}, token = collector.adminToken) =>
      call('/v1/records', {
        method: 'POST',
        token,
        body,
        headers: { 'content-type': 'application/x-ndjson', ...headers },
      }),
    [Symbol.asyncDispose]: async () => {
      await collector.close();
      if (options.dataDir === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}

const BASE_MICROS = 1_790_000_000_000_000;

/** A record of an agent's stream. */
export function sampleRecord(seq: number, more: Partial<AccessRecord> = {}): AccessRecord {
  return {
    v: 1,
    timestamp: timestampFromMicros(BASE_MICROS + seq * 1_000),
    action: 'connection-closed',
    user: `user-${seq % 5}`,
    src_ip: '10.0.0.7',
    src_port: 40_000 + (seq % 20_000),
    dest_ip: '10.0.1.9',
    dest_port: 5432,
    protocol: 'tcp',
    observer: 'web-1',
    observer_kind: 'agent',
    session: 'session-1',
    seq,
    ...more,
  };
}

/** NDJSON of `count` canonical lines of one stream, numbered from `firstSeq`. */
export function sampleLines(firstSeq: number, count: number, more: Partial<AccessRecord> = {}): string {
  return Array.from({ length: count }, (_, index) => `${canonicalLine(sampleRecord(firstSeq + index, more))}\n`).join(
    '',
  );
}

/** The five-field template as it stands. */
export const TEMPLATE = {
  timestamp: '2026-01-02T03:04:05Z',
  user: 'alice',
  src_port: '51234',
  dest_port: '5432',
  action: 'connection-initiated',
} as const;

/** Asks until the answer satisfies, or fails after ten seconds. */
export async function until<T>(ask: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const value = await ask();
    if (isDone(value)) return value;
    if (performance.now() > deadline) throw new Error(`still not there: ${JSON.stringify(value).slice(0, 400)}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}
