import { canonicalLine, parseLine } from '@portledger/format';
import type { AccessRecord, RetentionPolicy } from '@portledger/format';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Batch } from '../ledger/ledger-shapes.ts';
import { sampleRecord } from '../testing/test-collector.ts';
import { DoorStreams } from './door-stream.ts';
import { Intake } from './intake.ts';
import { LineSource } from './record-source.ts';
import { DEFAULT_RETENTION_POLICY, RetentionClassifier } from './retention-class.ts';

async function takeAll(
  text: string,
  streams = new DoorStreams(),
  classes = new RetentionClassifier(DEFAULT_RETENTION_POLICY),
): Promise<Intake> {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.alloc(length + 1);
  bytes.write(text);
  const sender = { name: 'test', observer: 'test', isAnyObserverAllowed: true };
  const intake = new Intake({ bytes, source: new LineSource(bytes, length), sender, streams, classes });
  for (;;) {
    const state = intake.step();
    if (state === 'done') return intake;
    if (state === 'stream-needed') intake.useLease(await streams.lease(sender));
    else if (state !== 'more') throw new Error(state.message);
  }
}

function linesOf(batch: Batch): string[] {
  const text = Buffer.from(batch.lines);
  let start = 0;
  return [...batch.lineEnds].map((end) => {
    const line = text.toString('utf8', start, end - 1);
    expect(text[end - 1]).toBe(0x0a);
    start = end;
    return line;
  });
}

/** A well-formed batch: consecutive numbers of one stream, canonical lines, the right times. */
function checkBatch(batch: Batch): AccessRecord[] {
  const records = linesOf(batch).map((line) => {
    const parsed = parseLine(line);
    if (!parsed.ok) throw new Error(parsed.fault.message);
    return parsed.value;
  });
  expect(records).toHaveLength(batch.count);
  expect(records.map((record) => record.seq)).toEqual(records.map((_record, index) => batch.firstSeq + index));
  for (const record of records) expect([record.observer, record.session]).toEqual([batch.observer, batch.session]);
  const times = records.map((record) => record.timestamp).toSorted();
  expect([batch.firstTimestamp, batch.lastTimestamp]).toEqual([times[0], times.at(-1)]);
  return records;
}

test('whatever is mixed in a body, each record lands once, in its stream, in order', async () => {
  const arbitraryLine = fc.record({
    session: fc.constantFrom('a', 'b', 'cc', 'ümlaut'),
    isCanonical: fc.boolean(),
    seqStep: fc.constantFrom(1, 1, 1, 2, 5),
    timeShift: fc.integer({ min: -50, max: 50 }),
    isBroken: fc.constantFrom(false, false, false, false, true),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(arbitraryLine, { maxLength: 60 }), fc.boolean(), async (lines, isReversed) => {
      const next = new Map<string, number>();
      const sent: AccessRecord[] = [];
      const texts = lines.map((line) => {
        if (line.isBroken) return '{"broken":';
        const seq = (next.get(line.session) ?? 0) + line.seqStep;
        next.set(line.session, seq);
        const { timestamp } = sampleRecord(1_000 + line.timeShift);
        const record = sampleRecord(seq, { session: line.session, timestamp });
        sent.push(record);
        return line.isCanonical ? canonicalLine(record) : JSON.stringify({ ...record, dest_port: '5432' });
      });
      const intake = await takeAll((isReversed ? texts.toReversed() : texts).join('\n'));
      const batches = intake.batches();
      const stored = batches.flatMap(checkBatch);
      const bySeq = (a: AccessRecord, b: AccessRecord): number =>
        a.session < b.session ? -1 : a.session > b.session ? 1 : a.seq - b.seq;
      expect(stored.toSorted(bySeq)).toEqual(sent.toSorted(bySeq));
      expect(intake.refusedTotal).toBe(lines.filter((line) => line.isBroken).length);
      // Each stream's batches are as few as its holes allow.
      const streams = Map.groupBy(batches, (batch) => batch.session);
      for (const ofStream of streams.values()) {
        for (const [index, batch] of ofStream.entries()) {
          const before = ofStream[index - 1];
          if (before !== undefined && isReversed) expect(before.firstSeq + before.count).toBeLessThan(batch.firstSeq);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('a body of canonical lines is handed on as a slice of itself', async () => {
  const text = Array.from({ length: 5_000 }, (_, seq) => `${canonicalLine(sampleRecord(seq))}\n`).join('');
  const [batch, ...more] = (await takeAll(text)).batches();
  expect(more).toEqual([]);
  expect(batch?.count).toBe(5_000);
  expect(Buffer.from(batch?.lines ?? []).toString()).toBe(text);
  // 5,000 lines lie in one allocation: the body's own.
  expect(batch?.lines.buffer.byteLength).toBeGreaterThanOrEqual(text.length);
});

test('numbers are given once, and a lease that was not committed leaves no hole', async () => {
  const streams = new DoorStreams();
  const template = '{"timestamp":"2026-01-02T03:04:05Z","action":"login"}';
  const sender = { name: 'test', observer: 'test' };
  const first = await streams.lease(sender);
  expect(first.next('default').seq).toBe(0);
  first.use('default');
  first.release();
  const second = await streams.lease(sender);
  expect(second.next('default').seq).toBe(0);
  for (let count = 0; count < 3; count += 1) second.use('default');
  expect(second.next('other').seq).toBe(0);
  second.commit();
  let isThird = false;
  const third = streams.lease(sender).then((lease) => {
    isThird = true;
    return lease;
  });
  await Promise.resolve();
  expect(isThird).toBe(false);
  second.release();
  const lease = await third;
  expect(lease.next('default').seq).toBe(3);
  lease.release();
  const intake = await takeAll(`${template}\n${template}\n`, streams);
  expect(intake.batches()).toMatchObject([{ session: first.next('default').session, firstSeq: 3, count: 2 }]);
});

const PAYMENT_POLICY: RetentionPolicy = {
  classes: [
    { name: 'default', ageMs: 1 },
    { name: 'payment', ageMs: 2 },
  ],
  rules: [
    {
      class: 'payment',
      when: [
        { field: 'dest_port', values: ['5432'] },
        { field: 'labels.team', values: ['pay*'] },
      ],
    },
  ],
};

test('a rule gives unnumbered records of each class a stream of their own, without holes', async () => {
  const line = (port: number, team: string): string =>
    `{"timestamp":"2026-01-02T03:04:05Z","action":"login","dest_port":${port},"team":"${team}"}\n`;
  const text = line(5432, 'payroll') + line(22, 'payroll') + line(5432, 'ops') + line(5432, 'pay') + line(5432, 'pay');
  const batches = (await takeAll(text, new DoorStreams(), new RetentionClassifier(PAYMENT_POLICY))).batches();
  expect(batches.map(({ class: name, firstSeq, count }) => ({ name, firstSeq, count }))).toEqual([
    { name: 'payment', firstSeq: 0, count: 3 },
    { name: 'default', firstSeq: 0, count: 2 },
  ]);
  expect(new Set(batches.map(({ session }) => session)).size).toBe(2);
});

test('a numbered stream of two classes is cut where the class changes, in the order of its numbers', async () => {
  const ports = [22, 22, 5432, 22, 5432, 5432];
  const text = ports
    .map((port, seq) => `${canonicalLine({ ...sampleRecord(seq), dest_port: port, labels: { team: 'pay' } })}\n`)
    .join('');
  const batches = (await takeAll(text, new DoorStreams(), new RetentionClassifier(PAYMENT_POLICY))).batches();
  expect(batches.map(({ class: name, firstSeq, count }) => [name, firstSeq, count])).toEqual([
    ['default', 0, 2],
    ['payment', 2, 1],
    ['default', 3, 1],
    ['payment', 4, 2],
  ]);
});
