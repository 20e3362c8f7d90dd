import { execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import koffi from 'koffi';
import { describe, expect, test } from 'vitest';
import { kernelCaptureLack, recordCapture } from './capture-recording.ts';

const lack = kernelCaptureLack();
const run = promisify(execFile);
const NODE = readlinkSync('/proc/self/exe');
const netns = Number(/\d+/.exec(readlinkSync('/proc/self/ns/net'))?.[0]);

async function listening(
  host: string,
  onConnection: (socket: Socket) => void,
): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, onConnection).listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, port };
}

/** Reads the request to its end, then answers. */
function answering(reply: Buffer): (socket: Socket) => void {
  return (socket) => {
    socket.resume();
    socket.on('end', () => socket.end(reply));
    socket.on('error', () => {});
  };
}

/** Connects from a process of its own, sends `size` bytes, reads the answer; 127 is bash's own exit code on failure. */
const CLIENT = `
  const [host, port, size] = process.argv.slice(1);
  const socket = require('node:net').connect({ host, port: Number(port), allowHalfOpen: true });
  socket.on('connect', () => socket.end(Buffer.alloc(Number(size))));
  socket.on('error', () => process.exit(1));
  socket.resume();
`;

describe.skipIf(lack !== undefined)(`capture in the kernel${lack === undefined ? '' : ` (${lack})`}`, () => {
  test.each([
    ['IPv4', '127.0.0.1', '127.0.0.1', 4],
    ['IPv6', '::1', '::1', 6],
    ['an IPv6 listener reached over IPv4', '::', '127.0.0.1', 4],
  ] as const)('both ends of a connection over %s, with exact bytes and owners', async (_, bind, host, family) => {
    await using recording = await recordCapture();
    const { server, port } = await listening(bind, answering(Buffer.alloc(70_001)));
    const client = spawn(process.execPath, ['-e', CLIENT, host, String(port), '12345'], { uid: 65_534, gid: 65_534 });
    await once(client, 'exit');
    server.close();
    const events = await recording.ofPort(port, 6);
    expect(events.map(({ kind, side }) => `${kind} ${side}`).sort()).toEqual([
      'accepted destination',
      'closed destination',
      'closed source',
      'initiated source',
      'listener-closed destination',
      'listener-opened destination',
    ]);
    const [accepted, closedHere, closedThere, initiated] = events.toSorted((a, b) =>
      `${a.kind} ${a.side}`.localeCompare(`${b.kind} ${b.side}`),
    );
    for (const event of [accepted, closedHere, closedThere, initiated]) {
      expect(event).toMatchObject({ family, destIp: host, sourceIp: host, sourcePort: initiated?.sourcePort, netns });
      expect(event?.reason).toBeUndefined();
      expect(Math.abs((event?.timeMicros ?? 0) / 1_000 - Date.now())).toBeLessThan(10_000);
    }
    for (const event of [initiated, closedThere]) {
      expect(event?.owner).toMatchObject({ pid: client.pid, uid: 65_534, exe: NODE, ppid: process.pid });
    }
    for (const event of [accepted, closedHere])
      expect(event?.owner).toMatchObject({ pid: process.pid, uid: 0, exe: NODE });
    for (const event of [closedHere, closedThere]) {
      expect(event).toMatchObject({ bytesOut: 12_345, bytesIn: 70_001 });
      expect(event?.durationMicros).toBeGreaterThan(0);
      expect(event?.durationMicros).toBeLessThan(10_000_000);
    }
    expect(closedThere?.timeMicros).toBeGreaterThan(initiated?.timeMicros ?? Infinity);
  });

  test('no bytes are no bytes, whoever closes first', async () => {
    await using recording = await recordCapture();
    const { server, port } = await listening('127.0.0.1', (socket) => socket.end().resume());
    const socket = connect(port, '127.0.0.1').resume();
    await once(socket, 'close');
    server.close();
    for (const event of await recording.ofPort(port, 6)) {
      if (event.kind === 'closed') expect(event).toMatchObject({ bytesOut: 0, bytesIn: 0 });
    }
  });

  test('a connection to a closed port is refused on both ends', async () => {
    await using recording = await recordCapture();
    const { server, port } = await listening('127.0.0.1', () => {});
    await new Promise((closed) => server.close(closed));
    await run('bash', ['--norc', '-c', `exec 3<>/dev/tcp/127.0.0.1/${port}`]).catch(() => {});
    const refused = (await recording.ofPort(port, 4)).filter(({ kind }) => kind === 'refused');
    expect(refused.map(({ side }) => side).sort()).toEqual(['destination', 'source']);
    expect(refused.find(({ side }) => side === 'source')).toMatchObject({ reason: 'refused', owner: { comm: 'bash' } });
    expect(refused[0]).toMatchObject({ sourcePort: refused[1]?.sourcePort, netns });
  });

  test('who reset a connection', async () => {
    await using recording = await recordCapture();
    const { server, port } = await listening('127.0.0.1', (socket) =>
      socket.once('data', () => socket.resetAndDestroy()),
    );
    const socket = connect(port, '127.0.0.1');
    socket.write('x');
    await once(socket, 'error').catch(() => {});
    server.close();
    const closed = (await recording.ofPort(port, 6)).filter(({ kind }) => kind === 'closed');
    expect(closed).toHaveLength(2);
    for (const event of closed) expect(event).toMatchObject({ reason: 'reset', resetBy: 'destination', bytesOut: 1 });
  });

  test('a connection that lasts is told while it stands, with the process that holds it unused', async () => {
    await using recording = await recordCapture();
    const { server, port } = await listening('127.0.0.1', () => {});
    const socket = connect(port, '127.0.0.1');
    await recording.next('initiated', ({ kind, destPort }) => kind === 'initiated' && destPort === port);
    const accepted = await recording.next('accepted', ({ kind, destPort }) => kind === 'accepted' && destPort === port);
    expect(accepted).toMatchObject({ owner: { pid: process.pid } });
    expect(accepted.reason).toBeUndefined();
    socket.destroy();
    await once(socket, 'close');
    server.close();
    await recording.next('listener-closed', ({ kind, destPort }) => kind === 'listener-closed' && destPort === port);
    const kinds = recording.events.filter(({ destPort }) => destPort === port).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'initiated' || kind === 'accepted')).toHaveLength(2);
  });

  test.each([
    ['as it closes', {}],
    ['as it reads', { filePassSlowMs: 0 }],
  ])('a worker that takes the connection owns it, not the process that listens (seen %s)', async (_, options) => {
    await using recording = await recordCapture(options);
    const { server, port } = await listening('127.0.0.1', () => {});
    const worker = fork('/dev/null', [], {
      execArgv: [
        '-e',
        `process.on('message', (m, server) => { server.on('connection', (s) => s.end('x').resume()); process.send('on'); });`,
      ],
    });
    worker.send('server', server);
    await once(worker, 'message');
    await new Promise((closed) => server.close(closed));
    const socket = connect(port, '127.0.0.1').resume();
    await once(socket, 'close');
    worker.kill();
    const accepted = await recording.next('accepted', ({ kind, destPort }) => kind === 'accepted' && destPort === port);
    expect(accepted.owner).toMatchObject({ pid: worker.pid, ppid: process.pid, exe: NODE });
    const opened = await recording.next(
      'listener',
      ({ kind, destPort }) => kind === 'listener-opened' && destPort === port,
    );
    expect(opened.owner?.pid).toBe(process.pid);
  });

  test('a connection that nobody accepts has its listener’s owner; listen() without bind() is told with its port', async () => {
    await using recording = await recordCapture();
    const libc = koffi.load(null);
    const fd: number = libc.func('int socket(int, int, int)')(2, 1, 0);
    libc.func('int listen(int, int)')(fd, 8);
    const opened = await recording.next(
      'listener',
      ({ kind, owner }) => kind === 'listener-opened' && owner?.pid === process.pid,
    );
    expect(opened.destPort).toBeGreaterThan(0);
    const socket = connect(opened.destPort, '127.0.0.1');
    await once(socket, 'connect');
    socket.resetAndDestroy();
    const closed = await recording.next(
      'closed',
      ({ kind, side, destPort }) => kind === 'closed' && side === 'destination' && destPort === opened.destPort,
    );
    libc.func('int close(int)')(fd);
    expect(closed).toMatchObject({ reason: 'not-accepted', resetBy: 'source', owner: { pid: process.pid } });
  });

  test('what stood before is told once, and its end', async () => {
    const { server, port } = await listening('127.0.0.1', answering(Buffer.alloc(500)));
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    socket.resume().write('four');
    await using recording = await recordCapture();
    const standing = recording.events.filter(({ destPort }) => destPort === port);
    expect(standing.map(({ kind }) => kind).sort()).toEqual(['accepted', 'initiated', 'listener-opened']);
    for (const event of standing)
      expect(event).toMatchObject({ standing: true, owner: { pid: process.pid, exe: NODE } });
    socket.end('more');
    await once(socket, 'close');
    server.close();
    const closed = (await recording.ofPort(port, 6)).filter(({ kind }) => kind === 'closed');
    expect(closed).toHaveLength(2);
    for (const event of closed) {
      expect(event).toMatchObject({ standing: true, bytesOut: 8, bytesIn: 500, owner: { pid: process.pid } });
      expect(event.durationMicros).toBeUndefined();
    }
  });

  test('starting and stopping leaves no file open', async () => {
    await (await recordCapture()).capture.stop();
    const before = readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 3; i++) await (await recordCapture({ ringBytes: 65_536 })).capture.stop();
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });

  test('events wait in the ring while there is no room for them, and none is lost', async () => {
    let room = true;
    const pressure: boolean[] = [];
    const options = { ringBytes: 131_072, onPressure: (isPressed: boolean) => pressure.push(isPressed) };
    await using recording = await recordCapture(options, () => room);
    const { server, port } = await listening('127.0.0.1', answering(Buffer.alloc(1)));
    await recording.next('the listener', ({ kind, destPort }) => kind === 'listener-opened' && destPort === port);
    room = false;
    const { capture, events } = recording;
    const before = Number(capture.counters().extra?.['ring_events_emitted']);
    const [handed, rounds] = [events.length, 400];
    for (let round = 0; round < rounds; round += 1) {
      const socket = connect({ host: '127.0.0.1', port });
      socket.resume().end();
      await once(socket, 'close');
    }
    await expect
      .poll(() => Number(capture.counters().extra?.['ring_events_emitted']) - before)
      .toBeGreaterThanOrEqual(2 * rounds);
    expect(events.length).toBe(handed);
    await expect.poll(() => pressure).toEqual([true]);
    room = true;
    await recording.ofPort(port, 1 + 4 * rounds);
    expect(Object.values(capture.counters().lost)).toEqual([0, 0, 0]);
    await expect.poll(() => pressure).toEqual([true, false]);
    server.close();
  });
});
