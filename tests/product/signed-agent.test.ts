import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type Server, connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../bench/synthetic-records.ts';
import { ROOT } from '../source-files.ts';
import {
  call,
  type PortledgerProcess,
  portledger,
  removeDir,
  startPortledger,
  temporaryDir,
  until,
} from './portledger-process.ts';

const canCapture = process.getuid?.() === 0 && existsSync('/sys/kernel/btf/vmlinux');
const KILLS_OF_EACH = 10;
const CONNECTIONS = 40;
const OBSERVER = 'signed-host';

type Account = {
  readonly observer: string;
  readonly signed: boolean;
  readonly seen: number;
  readonly delivered: number;
  readonly notices: number;
  readonly missing: number;
  readonly lost_total: number;
  readonly holes: readonly unknown[];
  readonly chain_breaks: number;
  readonly sessions: number;
};

/** Everything that the test starts, ended whatever becomes of it. */
const started = { dir: '', children: new Array<ChildProcess>(), servers: new Array<Server>() };

afterEach(async () => {
  for (const child of started.children.splice(0)) await ended(child, 'SIGKILL');
  for (const server of started.servers.splice(0)) server.close();
  removeDir(started.dir);
});

function newDir(): string {
  started.dir = temporaryDir();
  writeFileSync(join(started.dir, 'portledger.yaml'), `agent:\n  observer: ${OBSERVER}\n  heartbeat_interval: 1s\n`);
  return started.dir;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

async function echo(): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  started.servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function reach(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.end('x').resume();
  await once(socket, 'close');
}

function accountIn(text: string): Account | undefined {
  const { observers }: { readonly observers: readonly Account[] } = JSON.parse(text);
  return observers.find(({ observer }) => observer === OBSERVER);
}

async function account(dir: string): Promise<Account | undefined> {
  const told = await portledger('completeness', '--data', dir, '--format', 'json');
  expect(told.code, told.stderr).toBe(0);
  return accountIn(told.stdout);
}

type Top = { readonly total: number; readonly buckets: readonly { readonly value: string; readonly count: number }[] };

/** How often the number that was stored most often was stored, for each session of the observer. */
async function copiesBySession({ run }: PortledgerProcess): Promise<readonly number[]> {
  const top = (field: string, query: string, limit: number): Promise<Top> =>
    call(run, `/v1/top?field=${field}&limit=${limit}&q=${encodeURIComponent(query)}`);
  const sessions = await top('session', `observer:${OBSERVER}`, 100);
  return Promise.all(
    sessions.buckets.map(async ({ value }) => (await top('seq', `session:${value}`, 1)).buckets[0]?.count ?? 0),
  );
}

async function refusalOfUnsigned({ run }: PortledgerProcess): Promise<string> {
  const record = { timestamp: '2026-01-02T03:04:05Z', user: 'mallory', src_port: 1, dest_port: 2, action: 'login' };
  const place = { observer: OBSERVER, observer_kind: 'agent', session: 'forged', seq: 0 };
  const body = `${JSON.stringify({ ...record, ...place })}\n`;
  const headers = { 'content-type': 'application/x-ndjson' };
  return call(run, '/v1/records', { method: 'POST', body, headers }).then(
    () => 'taken',
    (error: unknown) => String(error),
  );
}

describe.skipIf(!canCapture)('an agent that signs, as a process (needs root and BTF)', () => {
  test('`up` enrols its agent by itself, and the account tells that what was seen was delivered', async () => {
    const dir = newDir();
    const product = await startPortledger('up', dir, ['--config', join(dir, 'portledger.yaml')]);
    started.children.push(product.child);
    const port = await echo();
    await until('the first records', async () => ((await account(dir)) === undefined ? undefined : true));
    for (let connection = 0; connection < CONNECTIONS; connection += 1) await reach(port);
    // Each connection is four records, and a heartbeat tells of all that came before it.
    const running = await until('an account that adds up', async () => {
      const now = await account(dir);
      return now !== undefined && now.delivered >= CONNECTIONS * 4 && now.seen === now.delivered ? now : undefined;
    });
    expect(running).toMatchObject({ signed: true, missing: 0, lost_total: 0, chain_breaks: 0 });
    expect(await refusalOfUnsigned(product)).toContain('batch-unsigned');
    await product.stop();
    const stopped = await account(dir);
    expect(stopped).toMatchObject({ signed: true, missing: 0, lost_total: 0, chain_breaks: 0 });
    expect(stopped?.seen).toBe(stopped?.delivered);
    expect(stopped?.delivered).toBeGreaterThanOrEqual(running.delivered);
    const verified = await portledger('verify', '--data', dir);
    expect(verified.code, verified.stdout).toBe(0);
  });

  test(
    `agent and collector killed ${KILLS_OF_EACH} times each: no chain is broken, nothing is missing, nothing is twice`,
    { timeout: 120_000 },
    async () => {
      const dir = newDir();
      const config = ['--config', join(dir, 'portledger.yaml'), '--log-level', 'error'];
      const seed = Date.now() % 1_000_000;
      console.log(`signed-agent seed ${seed}`);
      const random = seededRandom(seed);
      const port = await echo();
      let collector = await startPortledger('collector', dir, config);
      started.children.push(collector.child);
      const listen = ['--listen', new URL(collector.run.url).host];
      const startAgent = (): ChildProcess => {
        const args = [join(ROOT, 'packages/cli/bin/portledger.mjs'), 'agent', '--data', dir, ...config];
        const child = spawn(process.execPath, args, { stdio: 'ignore' });
        started.children.push(child);
        return child;
      };
      let agent = startAgent();
      const victims = Array.from({ length: KILLS_OF_EACH * 2 }, (_, kill) => (kill % 2 === 0 ? 'agent' : 'collector'));
      for (const victim of victims) {
        const isDue = AbortSignal.timeout(Math.round(200 + random() * 1_000));
        while (!isDue.aborted) await reach(port);
        if (victim === 'agent') {
          await ended(agent, 'SIGKILL');
          agent = startAgent();
        } else {
          await ended(collector.child, 'SIGKILL');
          collector = await startPortledger('collector', dir, [...config, ...listen]);
          started.children.push(collector.child);
        }
      }
      const before = (await account(dir))?.delivered ?? 0;
      for (let connection = 0; connection < CONNECTIONS; connection += 1) await reach(port);
      await until('records of the last agent', async () => {
        return ((await account(dir))?.delivered ?? 0) >= before + CONNECTIONS ? true : undefined;
      });
      expect(await refusalOfUnsigned(collector)).toContain('batch-unsigned');
      await ended(agent, 'SIGTERM');
      const copies = await until('the index', async () => {
        const { total } = await call<Top>(collector.run, `/v1/top?field=seq&limit=1&q=observer:${OBSERVER}`);
        const { delivered = 0, notices = 0 } = (await account(dir)) ?? {};
        return total === delivered + notices ? copiesBySession(collector) : undefined;
      });
      expect(copies.length, `seed ${seed}`).toBeGreaterThan(1);
      expect(new Set(copies), `seed ${seed}`).toEqual(new Set([1]));
      await collector.stop();
      const told = await account(dir);
      expect(told, `seed ${seed}`).toMatchObject({ signed: true, missing: 0, holes: [], chain_breaks: 0 });
      expect(told?.sessions).toBe(copies.length);
      const verified = await portledger('verify', '--data', dir);
      expect(verified.code, `seed ${seed}\n${verified.stdout}${verified.stderr}`).toBe(0);
    },
  );
});
