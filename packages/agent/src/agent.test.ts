import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { hostname, release } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { AgentOptions } from './agent-options.ts';
import { startAgent } from './start-agent.ts';
import { scratchFolder } from './testing/scratch-folder.ts';
import { StagedCapture, stagedEvent } from './testing/staged-capture.ts';
import { holes, StandInDoor } from './testing/stand-in-door.ts';

function options(door: StandInDoor, dir: string, more: Partial<AgentOptions> = {}): AgentOptions {
  return { observer: 'host-a', collectorUrl: door.url, token: 't', spoolDir: dir, capture: 'sock-diag', ...more };
}

describe('agent', () => {
  test('records a real connection end to end, from capture-started to capture-stopped, without holes', async () => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    const agent = await startAgent(options(door, folder.path, { pollIntervalMs: 20, version: '1.2.3' }));
    const server = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const of = () => door.records.filter(({ dest_port }) => dest_port === port);
    await door.until(() => of().length === 1);
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    await door.until(() => of().length === 3);
    client.destroy();
    await door.until(() => of().length === 5);
    server.close();
    await agent.stop();

    const initiated = of().find(({ action }) => action === 'connection-initiated');
    expect(initiated).toMatchObject({
      observer: 'host-a',
      observer_kind: 'agent',
      source_format: 'sock-diag',
      direction: 'loopback',
      pid: process.pid,
      exe: process.execPath,
      src_ip: '127.0.0.1',
      dest_ip: '127.0.0.1',
      outcome: 'success',
    });
    expect(
      new Set(
        of()
          .filter(({ action }) => action.startsWith('connection'))
          .map((r) => r.connection_id),
      ).size,
    ).toBe(1);
    expect(door.records[0]).toMatchObject({ action: 'capture-started', seq: 0, session: agent.session });
    const labels = { version: '1.2.3', host: hostname(), kernel: release(), btf: expect.stringMatching(/^(yes|no)$/) };
    expect(door.records[0]?.labels).toMatchObject({ mode: agent.mode, ...labels });
    expect(door.records[0]?.labels?.['misses']).toContain('UDP: not yet covered');
    expect(door.records.at(-1)).toMatchObject({ action: 'capture-stopped' });
    expect(door.records.some(({ labels }) => labels?.['standing'] === 'true')).toBe(true);
    expect(holes(door.kept.get(agent.session) ?? new Map())).toEqual([]);
  });

  test('auto falls back and says why, or captures in the kernel', async () => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    await using agent = await startAgent(options(door, folder.path, { capture: 'auto' }));
    await door.until(() => door.records.length > 0);
    const [started] = door.records;
    expect(started?.labels?.['mode']).toBe(agent.mode);
    expect(agent.mode === 'ebpf').toBe(agent.fallbackReason === undefined);
    expect(started?.reason).toBe(agent.fallbackReason);
  });

  test('an idle agent feeds on itself neither with a patient nor an impatient collector', async () => {
    for (const keepAliveTimeoutMs of [72_000, 100]) {
      await using folder = await scratchFolder();
      await using door = new StandInDoor();
      door.keepAliveTimeoutMs = keepAliveTimeoutMs;
      await door.open();
      const heartbeats = () => door.records.filter(({ action }) => action === 'heartbeat').length;
      const more = { pollIntervalMs: 20, heartbeatIntervalMs: 400 };
      await using _ = await startAgent(options(door, folder.path, more));
      await door.until(() => heartbeats() === 2);
      const own = () => door.records.filter(({ dest_port }) => dest_port === door.port).length;
      const before = { own: own(), records: door.records.length, requests: door.requests };
      await door.until(() => heartbeats() === 6);
      // Other programs of this host are seen as well, and what they do may be sent at once.
      const foreign = door.records.length - before.records - (own() - before.own) - 4;
      const requests = door.requests - before.requests;
      expect(requests).toBeLessThanOrEqual(5 + foreign);
      // An impatient collector's connection is opened and closed, on both sides, once for each request.
      expect(own() - before.own).toBeLessThanOrEqual(keepAliveTimeoutMs > 1_000 ? 0 : (requests + 1) * 4);
    }
  });

  test('heartbeats carry counters, and losses in the kernel become records', async () => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    const capture = new StagedCapture([stagedEvent(1, { standing: true })]);
    await using agent = await startAgent(
      options(door, folder.path, { captureSource: capture, heartbeatIntervalMs: 300 }),
    );
    capture.lost = { 'ring-full': 41 };
    await door.until(() => door.records.some(({ action }) => action === 'records-lost'));
    const lost = door.records.find(({ action }) => action === 'records-lost');
    expect(lost).toMatchObject({ count: 41, reason: 'ring-full', labels: { cause: 'ring-full' }, outcome: 'failure' });
    expect(lost?.window_us).toBeGreaterThan(0);
    const heartbeatsBefore = door.records.length;
    await door.until(() => door.records.slice(heartbeatsBefore).some(({ action }) => action === 'heartbeat'));
    const heartbeat = door.records.findLast(({ action }) => action === 'heartbeat');
    expect(heartbeat?.labels).toMatchObject({ seen: '1', lost_ring_full: '41', refused: '0', sender: 'delivering' });
    for (const name of ['cpu_us', 'rss_bytes', 'spool_bytes', 'clock_offset_us', 'sent']) {
      expect(Number(heartbeat?.labels?.[name])).not.toBeNaN();
    }
    expect(agent.status().delivery.sent).toBeGreaterThan(2);
  });

  test('a full spool keeps the oldest, leaves no hole in the numbers and tells the gap', async () => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    await door.close();
    const capture = new StagedCapture();
    const more = { captureSource: capture, spoolBytesMax: 200_000 };
    await using agent = await startAgent(options(door, folder.path, more));
    let emitted = 0;
    while ((agent.status().dropped['spool-overflow'] ?? 0) < 1_000) {
      for (let count = 0; count < 200; count += 1) capture.emit(stagedEvent((emitted += 1)));
      await new Promise(setImmediate);
    }
    const dropped = agent.status().dropped['spool-overflow'] ?? 0;
    await expect.poll(() => agent.status().spoolBytes).toBeGreaterThan(100_000);
    expect(agent.status().spoolBytes).toBeLessThanOrEqual(201_000);
    await door.open();
    await door.until(() => door.records.some(({ action }) => action === 'records-lost'), 20_000);
    const lost = door.records.find(({ action }) => action === 'records-lost');
    expect(lost).toMatchObject({ count: dropped, reason: 'spool-overflow' });
    const kept = door.records.filter(({ action }) => action === 'connection-initiated');
    expect(kept).toHaveLength(emitted - dropped);
    expect(kept[0]?.src_port).toBe(1025);
    expect(holes(door.kept.get(agent.session) ?? new Map())).toEqual([]);
  }, 40_000);

  test('two agents do not share a spool, and a name no record can carry is refused', async () => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    await using first = await startAgent(options(door, folder.path, { capture: 'none' }));
    expect(first.mode).toBe('none');
    await expect(startAgent(options(door, folder.path, { capture: 'none' }))).rejects.toThrow('another agent');
    await expect(startAgent(options(door, folder.path, { observer: 'a"b' }))).rejects.toThrow('no observer');
  });

  test('onRecord sees what is recorded', async () => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    const seen: string[] = [];
    const agent = await startAgent(
      options(door, folder.path, { capture: 'none', onRecord: ({ action }) => seen.push(action) }),
    );
    await agent.stop();
    expect(seen).toEqual(['capture-started', 'capture-stopped']);
  });
});
