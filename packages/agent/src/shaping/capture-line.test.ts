import { communityId, parseLine, ipText } from '@portledger/format';
import { nodeSha1 } from '@portledger/format/node';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ContainerUsers } from '../attribution/container-users.ts';
import { OwnerDetails } from '../attribution/owner-details.ts';
import { UserNames } from '../attribution/user-names.ts';
import type { CaptureEvent, CaptureKind, CaptureReason, Owner } from '../capture/capture-event.ts';
import { CgroupPaths } from '../process/cgroup-paths.ts';
import { ProcessReader } from '../process/process-reader.ts';
import { stagedEvent } from '../testing/staged-capture.ts';
import { CaptureLines } from './capture-line.ts';
import { ConnectionIds } from './connection-ids.ts';
import { HostAddresses } from './host-addresses.ts';
import { ListenerServices } from './listener-services.ts';
import { OwnerCache } from './owner-cache.ts';
import { streamMembers } from './stream-members.ts';

const clock = (): number => 0;

function captureLines(names: Readonly<Record<number, string>> = {}): CaptureLines {
  const users = new UserNames((uid) => names[uid], clock);
  const sources = { users, containerUsers: new ContainerUsers(clock, '/nonexistent') };
  const details = new OwnerDetails(new ProcessReader('/nonexistent'), new CgroupPaths(clock, []));
  return new CaptureLines({
    stream: streamMembers('db1.example', 'session-1', 'ebpf'),
    owners: new OwnerCache(sources, details, clock),
    addresses: new HostAddresses(clock, () => [{ ip: '192.0.2.1', prefixBits: 24, containerBridge: false }]),
    connectionIds: new ConnectionIds(),
    listeners: new ListenerServices(),
  });
}

function recordOf(lines: CaptureLines, event: CaptureEvent, seq = 0) {
  const line = Buffer.from(lines.line(event, seq)).toString();
  const record = parseLine(line);
  if (!record.ok) throw new Error(`${record.fault.message}: ${line}`);
  return record.value;
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '\ud800', 'é', '😀'), maxLength: 400 }),
);
const anyOwner: fc.Arbitrary<Owner> = fc
  .record({
    pid: fc.nat(4_194_304),
    uid: fc.nat(4_294_967_294),
    loginUid: maybe(fc.nat(4_294_967_294)),
    startNs: maybe(fc.bigInt(0n, 2n ** 60n)),
    comm: anyText,
    exe: maybe(anyText),
    ppid: maybe(fc.nat(4_194_304)),
    parentComm: maybe(anyText),
    cgroupPath: maybe(anyText),
  })
  .map(definedOwner);
const anyCount = maybe(fc.oneof(fc.maxSafeNat(), fc.constantFrom(-1, 1.5, Number.NaN, 2 ** 60)));

/** Leaves out what is undefined, as optional properties want. */
function definedOwner(owner: { readonly [K in keyof Owner]: Owner[K] | undefined }): Owner {
  return withoutUndefined(owner) as Owner;
}

function withoutUndefined(value: object): unknown {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

const anyEvent: fc.Arbitrary<CaptureEvent> = fc
  .record({
    kind: fc.constantFrom<CaptureKind[]>(
      'initiated',
      'accepted',
      'refused',
      'failed',
      'closed',
      'listener-opened',
      'listener-closed',
    ),
    side: fc.constantFrom('source' as const, 'destination' as const),
    timeMicros: fc.oneof(fc.maxSafeNat(), fc.constantFrom(-1, Number.NaN, 1.5)),
    ends: fc.oneof(
      fc.record({
        family: fc.constant(4 as const),
        a: fc.uint8Array({ minLength: 4, maxLength: 4 }),
        b: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      }),
      fc.record({
        family: fc.constant(6 as const),
        a: fc.uint8Array({ minLength: 16, maxLength: 16 }),
        b: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      }),
    ),
    sourcePort: fc.nat(65_535),
    destPort: fc.nat(65_535),
    netns: maybe(fc.nat(4_294_967_295)),
    owner: maybe(anyOwner),
    uid: maybe(fc.nat(70_000)),
    bytesOut: anyCount,
    bytesIn: anyCount,
    packetsOut: anyCount,
    packetsIn: anyCount,
    durationMicros: anyCount,
    reason: maybe(fc.constantFrom<CaptureReason[]>('refused', 'timed-out', 'reset', 'unreachable', 'not-accepted')),
    standing: maybe(fc.boolean()),
  })
  .map(
    ({ ends, ...rest }) =>
      withoutUndefined({
        ...rest,
        timeMicros: rest.timeMicros,
        family: ends.family,
        sourceIp: ipText(ends.a),
        destIp: ipText(ends.b),
      }) as CaptureEvent,
  );

describe('captured line', () => {
  test('any event becomes a valid canonical line', () => {
    const lines = captureLines({ 0: 'root', 1000: 'ana "a" lópez' });
    fc.assert(
      fc.property(anyEvent, fc.maxSafeNat(), (event, seq) => {
        const record = recordOf(lines, event, seq);
        expect(record.seq).toBe(seq);
        expect(record.dest_port).toBe(event.destPort);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a line made of the one before of its shape is the one that would be written anew', () => {
    const lines = captureLines({ 0: 'root' });
    const owners: readonly Owner[] = [1, 2].map((pid) => ({ pid, uid: 0, comm: 'nginx' }));
    const address = fc.constantFrom('127.0.0.1', '127.0.0.2', '192.0.2.1', '192.0.2.7', '2001:db8::1', '2001:db8::2');
    const number = maybe(fc.oneof(fc.nat(20), fc.nat(2_000), fc.maxSafeNat(), fc.constantFrom(-1, 0.5)));
    const event = fc
      .record({
        kind: fc.constantFrom<CaptureKind[]>('initiated', 'accepted', 'closed', 'listener-opened', 'listener-closed'),
        side: fc.constantFrom('source' as const, 'destination' as const),
        timeMicros: fc.oneof(
          fc.integer({ min: 1_795_358_209_000_000, max: 1_795_358_211_000_000 }),
          fc.constantFrom(-1, Number.NaN, 0.5, 7),
        ),
        sourceIp: address,
        sourcePort: fc.oneof(fc.nat(9), fc.nat(65_535)),
        destIp: address,
        destPort: fc.constantFrom(0, 80, 5432),
        owner: maybe(fc.constantFrom(...owners)),
        uid: maybe(fc.nat(1)),
        netns: maybe(fc.constantFrom(1, 2)),
        reason: maybe(fc.constantFrom<CaptureReason[]>('reset', 'timed-out')),
        standing: maybe(fc.boolean()),
        bytesOut: number,
        bytesIn: number,
        packetsOut: number,
        packetsIn: number,
        durationMicros: number,
      })
      .map(({ side, ...facts }) => {
        // A listener is a destination; writing its line anew teaches the same once more.
        const end = facts.kind.startsWith('listener') ? 'destination' : side;
        return withoutUndefined({ ...facts, side: end, family: 4 }) as CaptureEvent;
      });
    const seq = fc.oneof(fc.nat(9), fc.nat(1_000), fc.maxSafeNat());
    let made = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(event, seq, event), { minLength: 1, maxLength: 4 }), (seen) => {
        for (const [base, place, other] of seen) {
          const { sourceIp, sourcePort, bytesIn, durationMicros, timeMicros } = other;
          const similar = withoutUndefined({
            ...base,
            sourceIp,
            sourcePort,
            bytesIn,
            durationMicros,
            timeMicros,
          }) as CaptureEvent;
          for (const next of [base, base, other, similar, base]) {
            const line = lines.line(next, place);
            const text = Buffer.from(line).toString();
            expect(text).toBe(lines.text(next, place));
            if (lines.line(next, place) === line) made += 1;
          }
        }
      }),
      { numRuns: 2_000 },
    );
    expect(made).toBeGreaterThan(1_000);
  });

  test('tells a client’s connection whole', () => {
    const owner: Owner = {
      pid: 812,
      uid: 0,
      loginUid: 1000,
      comm: 'curl',
      exe: '/usr/bin/curl',
      ppid: 811,
      parentComm: 'bash',
      cgroupPath: '/user.slice/user-1000.slice/session-3.scope',
    };
    const event = stagedEvent(1, {
      owner,
      kind: 'closed',
      bytesOut: 78,
      bytesIn: 300,
      durationMicros: 1_500,
      netns: 4_026_531_840,
    });
    expect(recordOf(captureLines({ 0: 'root', 1000: 'ana' }), event, 7)).toEqual({
      v: 1,
      timestamp: '2026-11-22T14:36:49.123457Z',
      action: 'connection-closed',
      outcome: 'success',
      user: 'ana',
      user_id: '1000',
      user_kind: 'person',
      user_source: 'login-uid',
      src_ip: '192.0.2.1',
      src_port: 1025,
      dest_ip: '198.51.100.7',
      dest_port: 5432,
      protocol: 'tcp',
      direction: 'outbound',
      connection_id: communityId(
        { protocol: 6, sourceIp: '192.0.2.1', sourcePort: 1025, destIp: '198.51.100.7', destPort: 5432 },
        nodeSha1,
      ),
      bytes_in: 300,
      bytes_out: 78,
      duration_us: 1_500,
      pid: 812,
      ppid: 811,
      process: 'curl',
      parent: 'bash',
      exe: '/usr/bin/curl',
      cgroup: '/user.slice/user-1000.slice/session-3.scope',
      netns: '4026531840',
      observer: 'db1.example',
      observer_kind: 'agent',
      session: 'session-1',
      seq: 7,
      source_format: 'ebpf',
      labels: { process_user: 'root', process_user_id: '0', systemd_unit: 'session-3.scope', systemd_user: '1000' },
    });
  });

  test('names the called service on both sides of a local connection, and both share the connection’s id', () => {
    const lines = captureLines();
    const server: Owner = { pid: 9, uid: 33, comm: 'nginx', cgroupPath: '/system.slice/nginx.service' };
    const ends = { sourceIp: '127.0.0.1', destIp: '127.0.0.1', destPort: 80 };
    recordOf(
      lines,
      stagedEvent(1, { ...ends, kind: 'listener-opened', side: 'destination', destIp: '0.0.0.0', owner: server }),
    );
    const client = recordOf(lines, stagedEvent(1, ends));
    const accepted = recordOf(lines, stagedEvent(1, { ...ends, kind: 'accepted', side: 'destination', owner: server }));
    expect(client).toMatchObject({ dest_service: 'nginx', direction: 'loopback' });
    expect(accepted).toMatchObject({ dest_service: 'nginx', direction: 'loopback', process: 'nginx' });
    expect(accepted.service).toBeUndefined();
    expect(accepted.connection_id).toBe(client.connection_id);
    recordOf(
      lines,
      stagedEvent(1, { ...ends, kind: 'listener-closed', side: 'destination', destIp: '0.0.0.0', owner: server }),
    );
    expect(recordOf(lines, stagedEvent(1, ends)).dest_service).toBeUndefined();
  });

  test('a program whose main thread has a name of its own is told by its file', () => {
    const owner: Owner = { pid: 9, uid: 33, comm: 'MainThread', exe: '/usr/bin/node' };
    const record = recordOf(captureLines(), stagedEvent(1, { kind: 'accepted', side: 'destination', owner }));
    expect(record).toMatchObject({ dest_service: 'node', process: 'node' });
  });

  test('marks what already stood, and says nothing of an unknown owner', () => {
    const record = recordOf(captureLines(), stagedEvent(1, { standing: true }));
    expect(record).toMatchObject({ labels: { standing: 'true' }, user_kind: 'unknown', user_source: 'none' });
    expect(record.pid).toBeUndefined();
  });
});
