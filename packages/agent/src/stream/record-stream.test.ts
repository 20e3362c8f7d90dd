import { mkdir, rm } from 'node:fs/promises';
import { canonicalLine } from '@portledger/format';
import { expect, test } from 'vitest';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { PENDING_BYTES_BUSY } from '../limits.ts';
import { PendingLines } from './pending-lines.ts';
import { RecordStream } from './record-stream.ts';
import { newSessionId } from './session-id.ts';
import { Spool } from './spool.ts';

const session = newSessionId(1_795_358_209_000);

function line(seq: number): string {
  return canonicalLine({
    v: 1,
    timestamp: '2026-11-22T14:36:49.123456Z',
    action: 'connection-initiated',
    observer: 'hö',
    observer_kind: 'agent',
    session,
    seq,
  });
}

function lines(count: number): string {
  return Array.from({ length: count }, (_, seq) => `${line(seq)}\n`).join('');
}

test('lines that the disk refuses keep their numbers and their place, and are written when it takes them again', async () => {
  await using folder = await scratchFolder();
  const dir = `${folder.path}/spool`;
  const spool = await Spool.open({ dir, bytesMax: 10_000_000 });
  await rm(dir, { recursive: true });
  const faults: string[] = [];
  let durable = 0;
  const stream = new RecordStream({
    session,
    spool,
    onDurable: () => {
      durable += 1;
    },
    onFault: (message) => faults.push(message),
    now: () => 0,
  });
  for (let count = 0; count < 5_000; count += 1) stream.write(line);
  await expect.poll(() => faults.length).toBe(1);
  expect(stream.durable).toBe(0);
  for (let count = 0; count < 100; count += 1) stream.write(line);
  await mkdir(dir);
  await expect.poll(() => stream.durable, { timeout: 5_000 }).toBe(5_100);
  expect(durable).toBeGreaterThan(0);
  let text = '';
  for (let batch = await spool.next(); batch !== undefined; batch = await spool.next()) {
    text += batch.lines.toString();
    await spool.acknowledge(batch);
  }
  expect(text).toBe(lines(5_100));
  await spool.close();
});

test('it says that it is behind long before it drops anything, and no longer once the disk has caught up', async () => {
  await using folder = await scratchFolder();
  const spool = await Spool.open({ dir: folder.path, bytesMax: 100_000_000 });
  const stream = new RecordStream({ session, spool, onDurable: () => {}, onFault: () => {}, now: () => 0 });
  let records = 0;
  for (; !stream.isBehind; records += 1) expect(stream.write(line)).toBe(true);
  expect(records * line(0).length).toBeGreaterThan(PENDING_BYTES_BUSY / 2);
  expect(stream.write(line)).toBe(true);
  await expect.poll(() => stream.durable).toBe(records + 1);
  expect([stream.isBehind, stream.dropped]).toEqual([false, { 'spool-overflow': 0, 'disk-behind': 0 }]);
  await spool.close();
});

test('a group is written at the latest after the flush interval, without being asked', async () => {
  await using folder = await scratchFolder();
  const spool = await Spool.open({ dir: folder.path, bytesMax: 10_000_000 });
  let woken = 0;
  const onDurable = (): void => {
    woken += 1;
  };
  const stream = new RecordStream({ session, spool, onDurable, onFault: () => {}, now: () => 0 });
  stream.write(line, { wake: false });
  await expect.poll(() => stream.durable).toBe(1);
  expect(woken).toBe(0);
  stream.write(line);
  await stream.flush();
  expect([stream.durable, woken]).toEqual([2, 1]);
  await spool.close();
});

test('pending lines keep their order and bytes through growing, taking and putting back', () => {
  const pending = new PendingLines();
  let seq = 0;
  const add = (count: number): void => {
    for (let left = count; left > 0; left -= 1) {
      pending.add(line(seq), seq);
      seq += 1;
    }
  };
  for (let round = 0; round < 5; round += 1) {
    const from = seq;
    add(3);
    const refused = pending.take();
    add(2_000);
    pending.putBack(refused);
    const taken = pending.take();
    add(1);
    expect([taken.firstSeq, taken.count]).toEqual([from, 2_003]);
    const expected = Array.from({ length: 2_003 }, (_, at) => `${line(from + at)}\n`).join('');
    expect(taken.bytes.toString()).toBe(expected);
    pending.release(taken);
    const rest = pending.take();
    expect(rest.bytes.toString()).toBe(`${line(from + 2_003)}\n`);
    pending.release(rest);
  }
});
