// bench/ingest: records a second over HTTP until durable, sealed and searchable; bytes a record; freshness; where the
// time goes; PostgreSQL COPY and rsyslog on the same lines in the same run.
//   node_modules/.bin/node bench/ingest.ts [--records 2000000] [--batch 5000] [--connections 4] [--short | --template] [--signed] [--no-peers]
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  bytesBelow,
  cpuSeconds,
  cpuSecondsByThread,
  describeMachine,
  markdownTable,
  percentile,
  residentBytes,
} from './machine.ts';
import { measurePostgresCopy, type PeerResult } from './peers/postgres-copy.ts';
import { measureRsyslog } from './peers/rsyslog-imtcp.ts';
import { SigningSender } from './signing-sender.ts';
import { recordBodies } from './synthetic-records.ts';

const ROOT = join(import.meta.dirname, '..');
const { values: args } = parseArgs({
  options: {
    records: { type: 'string', default: '2000000' },
    batch: { type: 'string', default: '5000' },
    connections: { type: 'string', default: '4' },
    'freshness-rate': { type: 'string', default: '200000' },
    'no-peers': { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    signed: { type: 'boolean', default: false },
    template: { type: 'boolean', default: false },
  },
});

type Collector = {
  readonly process: ChildProcess;
  readonly url: string;
  readonly token: string;
  readonly dir: string;
  readonly pid: number;
};

async function startCollector(): Promise<Collector> {
  const dir = mkdtempSync(join(tmpdir(), 'portledger-bench-'));
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'packages/cli/bin/portledger.mjs'),
      'collector',
      '--data',
      dir,
      '--listen',
      '127.0.0.1:0',
      '--log-level',
      'error',
    ],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const runFile = join(dir, 'run', 'collector.json');
  const deadline = Date.now() + 20_000;
  while (!existsSync(runFile)) {
    if (Date.now() > deadline || child.exitCode !== null) throw new Error('the collector did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { url, token, pid }: { url: string; token: string; pid: number } = JSON.parse(readFileSync(runFile, 'utf8'));
  return { process: child, url, token, dir, pid };
}

type Reply = { readonly status: number; readonly body: string };

const JSON_BODY = { 'content-type': 'application/json' };
type Headers = Readonly<Record<string, string>>;

function call(collector: Collector, agent: Agent, path: string, body?: Uint8Array, more: Headers = {}): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const headers = {
    authorization: `Bearer ${collector.token}`,
    ...(body && { 'content-type': 'application/x-ndjson', 'content-length': body.length }),
    ...more,
  };
  const outgoing = request(
    new URL(path, collector.url),
    { method: body ? 'POST' : 'GET', agent, headers },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    },
  );
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

/** Posts one body until it is taken: a push-back is waited out as a well-behaved sender does. */
async function post(collector: Collector, agent: Agent, body: Uint8Array, headers: Headers = {}): Promise<number> {
  for (;;) {
    const reply = await call(collector, agent, '/v1/records', body, headers);
    if (reply.status === 200) return Number(JSON.parse(reply.body).accepted);
    if (reply.status !== 429 && reply.status !== 503) throw new Error(`${reply.status}: ${reply.body.slice(0, 300)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

type Status = {
  readonly ledger: { readonly records: number; readonly blocks: number; readonly sealed_blocks: number };
  readonly index: { readonly records: number };
};

async function status(collector: Collector, agent: Agent): Promise<Status> {
  return JSON.parse((await call(collector, agent, '/v1/status')).body);
}

async function until(reached: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await reached())) {
    if (Date.now() > deadline) throw new Error('not reached within two minutes');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function elapsedSeconds(since: bigint): number {
  return Number(process.hrtime.bigint() - since) / 1e9;
}

async function measureThroughput(collector: Collector, count: number): Promise<readonly (readonly string[])[]> {
  const connections = Number(args.connections);
  const perBody = Number(args.batch);
  const bodies = Array.from({ length: connections }, (_, index) =>
    recordBodies({
      observer: `host-${index}`,
      session: `bench-${index}`,
      count: Math.floor(count / connections),
      perBody,
      startMicros: Date.now() * 1000,
      seed: index + 1,
      isShort: args.short,
      isTemplate: args.template,
    }),
  );
  const total = Math.floor(count / connections) * connections;
  const agent = new Agent({ keepAlive: true, maxSockets: connections + 1 });
  const senders: SigningSender[] = [];
  if (args.signed)
    for (let index = 0; index < connections; index += 1) {
      const sender = new SigningSender(`host-${index}`, `bench-${index}`);
      const made = await call(collector, agent, '/v1/tokens', sender.tokenBody(), JSON_BODY);
      const { token }: { token: string } = JSON.parse(made.body);
      const enrolled = await call({ ...collector, token }, agent, '/v1/observers/key', sender.keyBody(), JSON_BODY);
      if (enrolled.status !== 200) throw new Error(`the key was not taken: ${enrolled.body}`);
      senders.push(sender);
    }
  // Signed before the clock runs: what a sender spends is not the collector's.
  const headers = new Map(
    senders.flatMap((sender, index) => (bodies[index] ?? []).map((body) => [body, sender.headers(body)] as const)),
  );
  const base = await status(collector, agent);
  const cpuBefore = cpuSeconds(collector.pid);
  const threadsBefore = cpuSecondsByThread(collector.pid);
  const senderBefore = process.cpuUsage();
  const began = process.hrtime.bigint();
  const accepted = await Promise.all(
    bodies.map((own) =>
      own.reduce<Promise<number>>(
        async (sum, body) => (await sum) + (await post(collector, agent, body, headers.get(body))),
        Promise.resolve(0),
      ),
    ),
  );
  const durable = elapsedSeconds(began);
  if (accepted.reduce((a, b) => a + b) !== total) throw new Error('not every record was accepted');
  const reachedSealed = until(async () => {
    const { ledger } = await status(collector, agent);
    return ledger.records >= base.ledger.records + total && ledger.sealed_blocks >= ledger.blocks;
  }).then(() => elapsedSeconds(began));
  const reachedSearchable = until(
    async () => (await status(collector, agent)).index.records >= base.ledger.records + total,
  ).then(() => elapsedSeconds(began));
  const [sealed, searchable] = await Promise.all([reachedSealed, reachedSearchable]);
  const sender = process.cpuUsage(senderBefore);
  const cpu = cpuSeconds(collector.pid) - cpuBefore;
  const perRecord = (seconds: number): string => `${((seconds / total) * 1e6).toFixed(2)} µs`;
  const threads = [...cpuSecondsByThread(collector.pid)].map(
    ([name, seconds]) => `${name} ${perRecord(seconds - (threadsBefore.get(name) ?? 0))}`,
  );
  agent.destroy();
  const rate = (seconds: number): string => `${Math.round(total / seconds / 1000)} k/s`;
  return [
    ['durable (last acknowledgement)', rate(durable)],
    ['durable and sealed (signed checkpoint covers all)', rate(sealed)],
    ['durable, sealed and searchable', rate(Math.max(sealed, searchable))],
    ['collector, processor time a record', `${perRecord(cpu)} (by thread: ${threads.join(', ')})`],
    ['sender, processor time a record', perRecord((sender.user + sender.system) / 1e6)],
    ['collector, resident memory after the run', `${Math.round(residentBytes(collector.pid) / 2 ** 20)} MiB`],
  ];
}

/** A steady paced load; beside it one marked record at a time is posted and looked for until search finds it. */
async function measureFreshness(collector: Collector): Promise<readonly (readonly string[])[]> {
  const targetRate = Number(args['freshness-rate']);
  const seconds = 8;
  const perBody = 2000;
  const bodies = recordBodies({
    observer: 'host-paced',
    session: 'paced',
    count: targetRate * seconds,
    perBody,
    startMicros: Date.now() * 1000,
    seed: 99,
    isShort: args.short,
    isTemplate: args.template,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const began = Date.now();
  let sent = 0;
  const load = { done: false };
  const loading = (async () => {
    for (const body of bodies) {
      const due = began + (sent / targetRate) * 1000;
      if (due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
      await post(collector, agent, body);
      sent += perBody;
    }
    load.done = true;
  })();
  const waits: number[] = [];
  for (let probe = 0; !load.done; probe += 1) {
    const user = `probe-${began}-${probe}`;
    const line = JSON.stringify({
      timestamp: new Date().toISOString(),
      user,
      src_port: '50000',
      dest_port: '5432',
      action: 'connection-initiated',
    });
    await post(collector, agent, Buffer.from(`${line}\n`));
    const durableAt = process.hrtime.bigint();
    await until(
      async () =>
        JSON.parse((await call(collector, agent, `/v1/search?q=${encodeURIComponent(`user:"${user}"`)}&limit=1`)).body)
          .hits.length === 1,
    );
    waits.push(elapsedSeconds(durableAt) * 1000);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await loading;
  const achieved = Math.round(sent / ((Date.now() - began) / 1000) / 1000);
  agent.destroy();
  return [
    [
      `durable → found by search, at ${achieved} k records/s (asked: ${targetRate / 1000} k/s), ${waits.length} probes`,
      `p50 ${Math.round(percentile(waits, 0.5))} ms, p99 ${Math.round(percentile(waits, 0.99))} ms, max ${Math.round(Math.max(...waits))} ms`,
    ],
  ];
}

async function measurePeers(count: number): Promise<readonly (readonly string[])[]> {
  const dir = mkdtempSync(join(tmpdir(), 'portledger-bench-lines-'));
  try {
    const file = join(dir, 'lines.ndjson');
    const bodies = recordBodies({
      observer: 'host-0',
      session: 'peer',
      count,
      perBody: 100_000,
      startMicros: Date.now() * 1000,
      seed: 1,
    });
    writeFileSync(file, Buffer.concat(bodies));
    const results: (PeerResult | string)[] = [
      await measureRsyslog(file, count),
      await measurePostgresCopy(file, count, false),
      await measurePostgresCopy(file, count, true),
    ];
    return results.map((result) =>
      typeof result === 'string'
        ? [result, 'not measured', '']
        : [
            `${result.name} (${result.note})`,
            `${Math.round(result.recordsPerSecond / 1000)} k/s`,
            `${result.bytesPerRecord.toFixed(0)} B`,
          ],
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const count = Number(args.records);
const collector = await startCollector();
try {
  const throughput = await measureThroughput(collector, count);
  const total = (await status(collector, new Agent())).ledger.records;
  const bytes = (part: string): string => `${(bytesBelow(join(collector.dir, part)) / total).toFixed(1)} B`;
  const storage = [['stored a record: ledger (segments, tiles, manifests)', bytes('ledger')]];
  const freshness = await measureFreshness(collector);
  collector.process.kill('SIGTERM');
  await once(collector.process, 'close');
  const records = total + Number(args['freshness-rate']) * 8;
  storage.push([
    'stored a record: index (Parquet, after a clean stop)',
    `${(bytesBelow(join(collector.dir, 'index')) / records).toFixed(1)} B`,
  ]);
  console.log(`Machine: ${describeMachine()}\n`);
  console.log(
    `${count} records in bodies of ${args.batch}, ${args.connections} connections${args.signed ? ', signed' : ''}\n`,
  );
  console.log(markdownTable(['Portledger', 'measured'], [...throughput, ...storage, ...freshness]));
  if (!args['no-peers'])
    console.log(
      `\n${markdownTable(['peer, same lines, same run', 'records', 'stored a record'], await measurePeers(Math.min(count, 500_000)))}`,
    );
} finally {
  if (collector.process.exitCode === null) collector.process.kill('SIGKILL');
  rmSync(collector.dir, { recursive: true, force: true });
}
