import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readlinkSync, rmSync, copyFileSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { CaptureEvent } from '../capture/capture-event.ts';
import { kernelCaptureLack, recordCapture } from './capture-recording.ts';

const lack = kernelCaptureLack();
const run = promisify(execFile);
const BASH = '/usr/bin/bash';

/** A network namespace of this test's own, with a link on which nobody answers. */
async function ownNamespace() {
  const name = `plt-test-${process.pid}-${Date.now() % 100_000}`;
  await run('ip', ['netns', 'add', name]);
  const ip = (...args: string[]) => run('ip', ['-n', name, ...args]);
  const inside = (script: string) => run('ip', ['netns', 'exec', name, 'bash', '-c', script]);
  await ip('link', 'set', 'lo', 'up');
  return {
    inode: statSync(`/run/netns/${name}`).ino,
    ip,
    inside,
    [Symbol.asyncDispose]: async () => void (await run('ip', ['netns', 'delete', name])),
  };
}

describe.skipIf(lack !== undefined)(
  `capture across processes and namespaces${lack === undefined ? '' : ` (${lack})`}`,
  () => {
    test('200 processes at once, each gone after one connection, each with its own program', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'portledger-exe-'));
      await using recording = await recordCapture();
      const server = createServer((socket) =>
        socket
          .end()
          .resume()
          .on('error', () => {}),
      ).listen(0, '127.0.0.1', 512);
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      try {
        const programs = Array.from({ length: 8 }, (_, i) => join(folder, `a name ${i}`));
        for (const program of programs) copyFileSync(BASH, program);
        const started = Array.from({ length: 200 }, (_, i) => {
          const exe = programs[i % programs.length] ?? '';
          // Its standard input is a socket, which bash takes for a remote shell's and then reads the user's .bashrc.
          const promise = run(exe, ['--norc', '-c', `exec 3<>/dev/tcp/127.0.0.1/${port}`]);
          return { exe, pid: promise.child.pid, promise };
        });
        await Promise.all(started.map(({ promise }) => promise));
        const events = await recording.ofPort(port, 801);
        expect(Object.values(recording.capture.counters().lost)).toEqual([0, 0, 0]);
        const initiated = events.filter(({ kind }) => kind === 'initiated');
        const expected = started.map(({ exe, pid }) => `${pid} ${exe}`);
        expect(initiated.map(({ owner }) => `${owner?.pid} ${owner?.exe}`).sort()).toEqual(expected.sort());
        for (const { owner } of initiated) expect(owner).toMatchObject({ uid: 0, ppid: process.pid });
        expect(events.filter(({ kind }) => kind === 'accepted')).toHaveLength(200);
        expect(events.filter(({ kind }) => kind === 'closed')).toHaveLength(400);
        expect(recording.capture.counters().extra).toMatchObject({ owners_undescribed: 0 });
      } finally {
        server.close();
        rmSync(folder, { recursive: true });
      }
    });

    test('one process, two programs: exec is seen', async () => {
      await using recording = await recordCapture();
      const server = createServer((socket) =>
        socket
          .end()
          .resume()
          .on('error', () => {}),
      ).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const second = `require('node:net').connect(${port}, '127.0.0.1').resume()`;
      const { child } = await runKeepingChild([
        '--norc',
        '-c',
        `exec 3<>/dev/tcp/127.0.0.1/${port}; exec "$0" -e "$1"`,
        process.execPath,
        second,
      ]);
      server.close();
      await recording.ofPort(port, 10);
      const initiated = recording.events.filter(({ kind, destPort }) => kind === 'initiated' && destPort === port);
      expect(new Set(initiated.map(({ owner }) => owner?.pid))).toEqual(new Set([child.pid]));
      expect(new Set(initiated.map(({ owner }) => owner?.exe))).toEqual(
        new Set(['/usr/bin/bash', readlinkSync('/proc/self/exe')]),
      );
    });

    test('a forked process that accepts and ends without closing still has its program', async () => {
      await using recording = await recordCapture();
      const script = `use IO::Socket; my $l = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1');
      unless (my $pid = fork) { my $c = $l->accept; kill 'KILL', $$; } else { $| = 1; print $l->sockport, ' ', $pid; wait; }`;
      const perl = spawn('perl', ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [said] = await once(perl.stdout, 'data');
      const [port, pid] = String(said).split(' ').map(Number);
      const socket = connect(port ?? 0, '127.0.0.1')
        .resume()
        .on('error', () => {});
      await once(socket, 'close');
      const isAccepted = ({ kind, destPort }: CaptureEvent) => kind === 'accepted' && destPort === port;
      const accepted = await recording.next('accepted', isAccepted);
      expect(accepted.owner).toMatchObject({ pid, ppid: perl.pid, comm: 'perl', exe: '/usr/bin/perl' });
    });

    test('connections of another network namespace carry its number', async () => {
      await using namespace = await ownNamespace();
      await using recording = await recordCapture();
      await namespace.inside('exec 3<>/dev/tcp/127.0.0.1/9').catch(() => {});
      const refused = (await recording.ofPort(9, 2)).filter(({ netns }) => netns === namespace.inode);
      expect(refused.map(({ kind, side }) => `${kind} ${side}`).sort()).toEqual([
        'refused destination',
        'refused source',
      ]);
    });

    test('why a connection failed: timed out, unreachable, closed while waiting', async () => {
      await using namespace = await ownNamespace();
      await namespace.ip('link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far');
      await namespace.ip('address', 'add', '10.98.0.1/24', 'dev', 'near');
      for (const link of ['near', 'far']) await namespace.ip('link', 'set', link, 'up');
      // .2 is not there; .3 seems to be, and never answers.
      await namespace.ip('neighbour', 'add', '10.98.0.3', 'lladdr', '02:00:00:00:00:01', 'dev', 'near');
      await namespace
        .inside(
          'echo 1 > /proc/sys/net/ipv4/tcp_syn_retries; echo 0 > /proc/sys/net/ipv4/tcp_syn_linear_timeouts;' +
            'echo 50 > /proc/sys/net/ipv4/neigh/near/retrans_time_ms',
        )
        .catch(() => {});
      await using recording = await recordCapture();
      await Promise.all(
        [
          'exec 3<>/dev/tcp/10.98.0.3/81',
          'exec 3<>/dev/tcp/10.98.0.2/82',
          'timeout -s KILL 0.3 bash -c "exec 3<>/dev/tcp/10.98.0.3/83"',
        ].map((script) => namespace.inside(script).catch(() => {})),
      );
      for (const [destPort, reason] of [
        [81, 'timed-out'],
        [82, 'unreachable'],
        [83, 'interrupted'],
      ] as const) {
        const failed = await recording.next(
          reason,
          (event) => event.netns === namespace.inode && event.destPort === destPort,
        );
        expect(failed).toMatchObject({ kind: 'failed', side: 'source', reason, owner: { comm: 'bash' } });
      }
    });

    test('a ring that is too small loses events and counts every one', async () => {
      await using namespace = await ownNamespace();
      await using recording = await recordCapture({ ringBytes: 4_096 });
      const connections = 400;
      await namespace.inside(`for i in {1..${connections}}; do exec 3<>/dev/tcp/127.0.0.1/9; done 2>/dev/null; true`);
      await recording.capture.stop();
      const { lost, extra } = recording.capture.counters();
      const seen = recording.events.filter(({ netns }) => netns === namespace.inode).length;
      expect(lost['ring-full']).toBeGreaterThan(0);
      expect(extra?.['ring_events_seen']).toBe(extra?.['ring_events_emitted']);
      // Other traffic of this host may be lost as well, so the sum can be more, never less.
      expect(seen + (lost['ring-full'] ?? 0)).toBeGreaterThanOrEqual(2 * connections);
    });
  },
);

async function runKeepingChild(args: readonly string[]) {
  const promise = run(BASH, args);
  await promise;
  return { child: promise.child };
}
