import { canonicalLine } from '@portledger/format';
import { describe, expect, test } from 'vitest';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { holes, StandInDoor } from '../testing/stand-in-door.ts';
import { ClockOffset } from './clock-offset.ts';
import { CollectorClient } from './collector-client.ts';
import { Sender } from './sender.ts';
import { newSessionId } from './session-id.ts';
import { Spool } from './spool.ts';

const session = newSessionId(1_795_358_209_000);

function lines(from: number, count: number): Buffer {
  const record = {
    v: 1,
    timestamp: '2026-11-22T14:36:49.123456Z',
    action: 'connection-initiated',
    observer: 'h',
    observer_kind: 'agent',
    session,
  } as const;
  return Buffer.from(
    Array.from({ length: count }, (_, index) => `${canonicalLine({ ...record, seq: from + index })}\n`).join(''),
  );
}

type Setting = { readonly compress?: boolean; readonly timeoutMs?: number; readonly blockedRetryMs?: number };

async function sending(door: StandInDoor, dir: string, setting: Setting = {}) {
  const said: string[] = [];
  const spool = await Spool.open({ dir, bytesMax: 10_000_000 });
  const clock = new ClockOffset();
  const { blockedRetryMs, ...rest } = setting;
  const client = new CollectorClient({ collectorUrl: door.url, token: 't', clock, now: Date.now, ...rest });
  const log = (_: string, message: string): void => {
    said.push(message);
  };
  const sender = new Sender({ spool, client, log, ...(blockedRetryMs === undefined ? {} : { blockedRetryMs }) });
  let seq = 0;
  return {
    spool,
    sender,
    clock,
    said,
    async add(count: number): Promise<void> {
      await spool.append(lines(seq, count), { session, firstSeq: seq, records: count });
      seq += count;
      sender.wake();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await sender.stop(1_000);
      await spool.close();
      client[Symbol.dispose]();
    },
  };
}

function kept(door: StandInDoor): number {
  return door.kept.get(session)?.size ?? 0;
}

describe('sender', () => {
  test('delivers in order over one connection and measures the clock', async () => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    await using way = await sending(door, folder.path);
    way.sender.start();
    for (let batch = 1; batch <= 5; batch += 1) {
      await way.add(10);
      await door.until(() => kept(door) === batch * 10);
    }
    expect(door.connections).toBe(1);
    expect(door.records.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, seq) => seq));
    await expect.poll(() => way.spool.undeliveredRecords).toBe(0);
    expect(way.sender.counters).toMatchObject({ sent: 50, refused: 0 });
    expect(Math.abs(way.clock.micros ?? Number.NaN)).toBeLessThan(1_000_000);
  });

  test('compresses for collectors on other hosts', async () => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    await using way = await sending(door, folder.path, { compress: true });
    await way.add(100);
    way.sender.start();
    await door.until(() => kept(door) === 100);
  });

  test.each([
    ['cut before the reply', { kind: 'cut' }],
    ['cut within the reply', { kind: 'take-and-cut' }],
    ['429', { kind: 'status', status: 429, retryAfter: '0' }],
    ['503', { kind: 'status', status: 503, retryAfter: '0' }],
    ['500', { kind: 'status', status: 500 }],
  ] as const)('%s: the same lines come again, unchanged, and none is lost', async (_, answer) => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    door.answers.push(answer, answer, answer);
    await using way = await sending(door, folder.path);
    await way.add(20);
    way.sender.start();
    await door.until(() => kept(door) === 20 && door.answers.length === 0);
    await expect.poll(() => way.spool.undeliveredRecords).toBe(0);
    expect(door.changedRedeliveries).toBe(0);
    expect(way.sender.counters.sent).toBe(20);
    expect(way.said.at(-1)).toBe('records reach the collector');
  });

  test('a collector that is away, then comes', async () => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    await door.close();
    await using way = await sending(door, folder.path);
    await way.add(20);
    way.sender.start();
    await expect.poll(() => way.sender.state.kind).toBe('waiting');
    await door.open();
    await door.until(() => kept(door) === 20);
  });

  test('a collector that restarts: a stale connection costs no pause', async () => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    await using way = await sending(door, folder.path);
    way.sender.start();
    await way.add(1);
    await door.until(() => kept(door) === 1);
    await door.close();
    await door.open();
    await way.add(1);
    await door.until(() => kept(door) === 2);
    expect(holes(door.kept.get(session) ?? new Map())).toEqual([]);
  });

  test('a reply that does not come counts as a lost connection', async () => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    door.answers.push({ kind: 'hang' });
    await using way = await sending(door, folder.path, { timeoutMs: 50 });
    await way.add(3);
    way.sender.start();
    await door.until(() => kept(door) === 3);
    expect(way.sender.counters.retries).toBe(1);
  });

  test('a refused record is counted, told and not sent again', async () => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    door.refuse = ({ seq }) => (seq === 7 ? 'not this one' : undefined);
    await using way = await sending(door, folder.path);
    await way.add(10);
    way.sender.start();
    await door.until(() => kept(door) === 9);
    await expect.poll(() => way.spool.undeliveredRecords).toBe(0);
    expect(way.sender.counters).toMatchObject({ sent: 9, refused: 1 });
    expect(way.said.join()).toContain('refused 1');
    expect(door.requests).toBe(1);
  });

  test('a body that is too large is sent in parts; one record that is too large is given up', async () => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    door.bodyBytesMax = lines(0, 3).length;
    await using way = await sending(door, folder.path);
    await way.add(40);
    way.sender.start();
    await door.until(() => kept(door) === 40);
    door.bodyBytesMax = 10;
    await way.add(1);
    await expect.poll(() => way.sender.counters.refused).toBe(1);
    expect(way.spool.undeliveredRecords).toBe(0);
  });

  test.each([401, 403, 404])('%d: stops, says so, and asks again seldom', async (status) => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    door.answers.push({ kind: 'status', status }, { kind: 'status', status });
    await using way = await sending(door, folder.path, { blockedRetryMs: 20 });
    await way.add(5);
    way.sender.start();
    await door.until(() => kept(door) === 5);
    expect(way.said.filter((message) => message.includes('turns this agent away'))).toHaveLength(1);
  });

  test('something else that answers 200 does not make the spool forget', async () => {
    await using folder = await scratchFolder();
    await using door = new StandInDoor();
    await door.open();
    door.answers.push({ kind: 'status', status: 200, body: '<html>hello</html>' });
    await using way = await sending(door, folder.path, { blockedRetryMs: 20 });
    await way.add(5);
    way.sender.start();
    await door.until(() => kept(door) === 5);
  });
});
