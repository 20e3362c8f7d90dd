import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  call,
  type Hit,
  type PortledgerProcess,
  portledger,
  removeDir,
  search,
  startPortledger,
  temporaryDir,
  until,
} from './portledger-process.ts';

const exec = promisify(execFile);
const CURL = '/usr/bin/curl';
const canCapture = process.getuid?.() === 0 && existsSync('/sys/kernel/btf/vmlinux') && existsSync(CURL);
const BODY = 'hello, port';

async function listen(server: Server, host: string): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function closedPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function byAction(hits: readonly Hit[], action: string): readonly Hit[] {
  return hits.filter(({ record }) => record['action'] === action);
}

const byValue = (a: number, b: number): number => a - b;

function numbersOf(hits: readonly Hit[], field: string): readonly number[] {
  return hits.map(({ record }) => Number(record[field])).sort(byValue);
}

describe.skipIf(!canCapture)('first light: the whole product on real connections (needs root, BTF and curl)', () => {
  let product: PortledgerProcess;
  const servers: Server[] = [];

  const serve = async (host: string): Promise<number> => {
    const server = createServer((_request, response) => response.end(BODY));
    servers.push(server);
    return listen(server, host);
  };

  beforeAll(async () => {
    product = await startPortledger('up', temporaryDir());
    await until('capture', async () =>
      (await search(product.run, 'action:capture-started AND observer_kind:agent')).length > 0 ? true : undefined,
    );
  });

  afterAll(async () => {
    for (const server of servers) server.close();
    await product.stop('SIGINT');
    removeDir(product.dir);
  });

  test('three curls to a small server: initiated, accepted and closed on both sides, with pid, user, exe, ports and bytes', async () => {
    const port = await serve('127.0.0.1');
    const pids: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      const child = execFile(CURL, ['-s', `http://127.0.0.1:${port}/`]);
      if (child.pid !== undefined) pids.push(child.pid);
      await once(child, 'close');
    }
    const hits = await until('twelve records', async () => {
      const found = await search(product.run, `dest_port:${port} AND action:connection-*`);
      return found.length >= 12 ? found : undefined;
    });
    expect(hits).toHaveLength(12);
    const initiated = byAction(hits, 'connection-initiated');
    expect(numbersOf(initiated, 'pid')).toEqual([...pids].sort(byValue));
    for (const { record } of initiated) {
      expect(record).toMatchObject({
        exe: CURL,
        process: 'curl',
        user: userInfo().username,
        src_ip: '127.0.0.1',
        dest_ip: '127.0.0.1',
        dest_port: port,
        outcome: 'success',
        protocol: 'tcp',
        direction: 'loopback',
      });
      expect(record['src_port']).toBeGreaterThan(1023);
    }
    const accepted = byAction(hits, 'connection-accepted');
    for (const { record } of accepted) expect(record).toMatchObject({ pid: process.pid, exe: process.execPath });
    const closed = byAction(hits, 'connection-closed');
    expect(closed).toHaveLength(6);
    for (const { record } of closed) {
      expect(record['bytes_in']).toBeGreaterThan(BODY.length);
      expect(record['bytes_out']).toBeGreaterThan(20);
      expect(record['duration_us']).toBeGreaterThan(0);
    }
    const sides = Map.groupBy(hits, ({ record }) => record['connection_id']);
    expect([...sides.values()].map((side) => side.length)).toEqual([4, 4, 4]);
  });

  test('one curl to a closed port is a refused connection', async () => {
    const port = await closedPort();
    await exec(CURL, ['-s', `http://127.0.0.1:${port}/`]).catch(() => undefined);
    const hits = await until('the refused connection', async () => {
      const found = await search(product.run, `dest_port:${port} AND action:connection-refused AND process:curl`);
      return found.length > 0 ? found : undefined;
    });
    expect(hits[0]?.record).toMatchObject({ exe: CURL, outcome: 'failure', reason: 'refused' });
  });

  test('one curl over IPv6', async () => {
    const port = await serve('::1');
    await exec(CURL, ['-s', `http://[::1]:${port}/`]);
    const hits = await until('both sides', async () => {
      const found = await search(product.run, `dest_port:${port} AND action:connection-closed`);
      return found.length >= 2 ? found : undefined;
    });
    for (const { record } of hits) expect(record).toMatchObject({ src_ip: '::1', dest_ip: '::1' });
  });

  test('200 short-lived processes at once, each one connection: all attributed', async () => {
    const port = await serve('127.0.0.1');
    const pids = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const child = execFile(CURL, ['-s', `http://127.0.0.1:${port}/`]);
        await once(child, 'close');
        return child.pid;
      }),
    );
    const hits = await until('200 initiated', async () => {
      const found = await search(product.run, `dest_port:${port} AND action:connection-initiated`);
      return found.length >= 200 ? found : undefined;
    });
    expect(hits).toHaveLength(200);
    expect(numbersOf(hits, 'pid')).toEqual(pids.map(Number).sort(byValue));
    for (const { record } of hits) expect(record).toMatchObject({ exe: CURL, user: userInfo().username });
  });

  test('the command line finds the same, and the ledger verifies while it runs', async () => {
    const found = await portledger(
      'search',
      'process:curl',
      '--data',
      product.dir,
      '--format',
      'jsonl',
      '--limit',
      '5',
    );
    expect(found.code, found.stderr).toBe(0);
    expect(found.stdout.trim().split('\n')).toHaveLength(5);
    const template = await portledger(
      'search',
      'process:curl',
      '--data',
      product.dir,
      '--format',
      'template',
      '--limit',
      '1',
    );
    expect(Object.keys(JSON.parse(template.stdout)).sort()).toEqual([
      'action',
      'dest_port',
      'src_port',
      'timestamp',
      'user',
    ]);
    const verified = await portledger('verify', '--data', product.dir);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  });

  test('an idle product does not feed on itself', async () => {
    // The collector is an end of all of the product's own traffic; other tests' processes are watched too.
    const own = encodeURIComponent(`observer_kind:agent AND pid:${product.run.pid}`);
    const counted = async (): Promise<number> =>
      (await call<{ total: number }>(product.run, `/v1/top?field=action&limit=1&q=${own}`)).total;
    const before = await counted();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const after = await counted();
    // Two questions of this test, each one connection seen from both ends, and at most one heartbeat.
    expect(after - before).toBeLessThan(20);
  });
});
