import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { openLibc } from '../../libc/libc.ts';
import { ProcessReader } from '../../process/process-reader.ts';
import type { CaptureEvent } from '../capture-event.ts';
import { NetlinkTables } from './netlink-tables.ts';
import { ProcTables } from './proc-tables.ts';
import { SockDiagSource } from './sock-diag-source.ts';
import { TCP_STATE, type SocketFacts } from './inet-diag.ts';

const POLL_MS = 20;
const SENT = 5_000;
const ANSWERED = 70_000;

async function serverAt(host: string) {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => {});
    socket.once('data', () => socket.write(Buffer.alloc(ANSWERED)));
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of accepted) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

async function watching() {
  const events: CaptureEvent[] = [];
  const libc = await openLibc();
  const source = new SockDiagSource({ libc, processes: new ProcessReader(), pollIntervalMs: POLL_MS });
  return {
    events,
    source,
    start: () => source.start((event) => events.push(event)),
    of: (port: number) => events.filter(({ destPort }) => destPort === port),
    [Symbol.asyncDispose]: () => source.stop(),
  };
}

describe('sock-diag capture', () => {
  test.each(['127.0.0.1', '::1'])('sees both sides of a connection to %s with owner and bytes', async (host) => {
    await using watch = await watching();
    await watch.start();
    await using server = await serverAt(host);
    await expect.poll(() => watch.of(server.port).map(({ kind }) => kind)).toEqual(['listener-opened']);

    const client = connect(server.port, host);
    await once(client, 'connect');
    const { localPort } = client;
    await expect.poll(() => watch.of(server.port).length).toBe(3);
    client.write(Buffer.alloc(SENT));
    let got = 0;
    client.on('data', (data) => {
      got += data.length;
    });
    await expect.poll(() => got).toBe(ANSWERED);
    const { polls } = watch.source.counters().extra ?? {};
    await expect.poll(() => watch.source.counters().extra?.['polls']).toBeGreaterThan((polls ?? 0) + 2);
    client.destroy();
    await expect.poll(() => watch.of(server.port).length).toBe(5);

    const ends = { sourceIp: host, sourcePort: localPort, destIp: host, destPort: server.port };
    const own = { owner: { pid: process.pid, exe: process.execPath, uid: process.getuid?.() } };
    const kinds = new Set(watch.of(server.port).map(({ kind, side }) => `${kind} ${side}`));
    const wanted = ['initiated source', 'accepted destination', 'closed source', 'closed destination'];
    expect(kinds).toEqual(new Set(['listener-opened destination', ...wanted]));
    for (const event of watch.of(server.port).slice(1)) {
      expect(event).toMatchObject({ ...ends, ...own, family: host.includes(':') ? 6 : 4 });
      if (event.kind === 'closed') expect(event).toMatchObject({ bytesOut: SENT, bytesIn: ANSWERED });
    }
  });

  test('what already stands is told as standing, and only that', async () => {
    await using watch = await watching();
    await using server = await serverAt('127.0.0.1');
    const client = connect(server.port, '127.0.0.1');
    await once(client, 'connect');
    await watch.start();
    expect(
      watch
        .of(server.port)
        .map(({ kind, standing }) => `${kind} ${standing}`)
        .sort(),
    ).toEqual(['accepted true', 'initiated true', 'listener-opened true']);
    client.destroy();
    await expect.poll(() => watch.of(server.port).filter(({ kind }) => kind === 'closed').length).toBe(2);
    const closed = watch.of(server.port).find(({ kind }) => kind === 'closed');
    expect(closed?.standing).toBeUndefined();
    expect(closed?.durationMicros).toBeUndefined();
  });

  test('an IPv4 client of a dual-stack listener is IPv4, and the server’s side is known', async () => {
    await using watch = await watching();
    await watch.start();
    await using server = await serverAt('::');
    await expect.poll(() => watch.of(server.port).length).toBe(1);
    const client = connect(server.port, '127.0.0.1');
    await once(client, 'connect');
    await expect.poll(() => watch.of(server.port).length).toBe(3);
    const accepted = watch.of(server.port).find(({ kind }) => kind === 'accepted');
    expect(accepted).toMatchObject({ family: 4, sourceIp: '127.0.0.1', destIp: '127.0.0.1', side: 'destination' });
    client.destroy();
  });

  test('a connection shorter than the interval leaves its trace on the closing side', async () => {
    await using watch = await watching();
    await using server = await serverAt('127.0.0.1');
    await watch.start();
    // Opened and closed without yielding to a poll in between: connect, end and close need several turns, so many are made.
    for (let turn = 0; turn < 20; turn += 1) {
      const client = connect(server.port, '127.0.0.1');
      await once(client, 'connect');
      client.end();
      client.resume();
      await once(client, 'close').catch(() => {});
      if (turn === 0) await expect.poll(() => watch.of(server.port).length).toBeGreaterThan(1);
    }
    await expect
      .poll(() => watch.of(server.port).filter(({ kind }) => kind === 'closed').length)
      .toBeGreaterThanOrEqual(20);
    const opened = watch.of(server.port).filter(({ kind }) => kind === 'initiated' || kind === 'accepted').length;
    expect(opened).toBeGreaterThanOrEqual(20);
  }, 20_000);

  test('netlink and /proc tell the same sockets', async () => {
    await using server = await serverAt('127.0.0.1');
    const client = connect(server.port, '127.0.0.1');
    await once(client, 'connect');
    const libc = await openLibc();
    if (libc === undefined) throw new Error('koffi has no build for this platform');
    const netlink = NetlinkTables.open(libc);
    if (!netlink.ok) throw new Error(netlink.fault);
    using tables = netlink.value;
    const facts = (from: NetlinkTables | ProcTables): SocketFacts[] => {
      const found: SocketFacts[] = [];
      expect(from.read((row) => found.push(row.facts()))).toBeUndefined();
      return found
        .filter(({ local, remote }) => local.port === server.port || remote.port === server.port)
        .filter(({ state }) => state !== TCP_STATE.timeWait)
        .sort((one, other) => one.inode - other.inode);
    };
    const seen = facts(tables);
    expect(seen).toHaveLength(3);
    expect(facts(new ProcTables())).toEqual(seen);
    client.destroy();
  });
});
