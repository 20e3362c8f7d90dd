import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalLine, timestampFromMicros } from '@portledger/format';
import type { AccessRecord } from '@portledger/format';
import { expect, test } from 'vitest';
import { SigningObserver } from '../../testing/signing-observer.ts';
import { sampleRecord, testCollector, until } from '../../testing/test-collector.ts';
import type { TestCollector } from '../../testing/test-collector.ts';
import { timeOfLine } from './line-peek.ts';

const MINUTE = 60_000_000;
/** An hour before now, on a whole hour: the account is asked for a past that does not move. */
const START = Math.floor(Date.now() / 3_600_000 - 2) * 3_600_000_000;

type Account = {
  readonly observer: string;
  readonly [name: string]: unknown;
};

async function accounts(collector: TestCollector, more = ''): Promise<Account[]> {
  const [from, to] = [timestampFromMicros(START), timestampFromMicros(START + 60 * MINUTE)];
  const answer = await collector.call(`/v1/completeness?from=${from}&to=${to}${more}`);
  expect(answer.status).toBe(200);
  const { observers }: { readonly observers: Account[] } = JSON.parse(answer.text);
  return observers;
}

async function accountOf(collector: TestCollector, observer: string, more = ''): Promise<Account> {
  const found = (await accounts(collector, more)).find((account) => account.observer === observer);
  if (found === undefined) throw new Error(`${observer} is not in the account`);
  return found;
}

function line(seq: number, atMicros: number, more: Partial<AccessRecord>): string {
  return `${canonicalLine(sampleRecord(seq, { timestamp: timestampFromMicros(atMicros), ...more }))}\n`;
}

function notice(seq: number, minute: number, more: Partial<AccessRecord> & Pick<AccessRecord, 'action'>): string {
  return line(seq, START + minute * MINUTE, { labels: { mode: 'none', interval_ms: '60000' }, ...more });
}

async function holeRecords(collector: TestCollector): Promise<string[]> {
  const found: string[] = [];
  for (let block = 0; ; block += 1) {
    const chunk = await collector.services.ledger.chunk(block);
    if (chunk === undefined) return found;
    const lines = Buffer.from(chunk.lines).toString().split('\n');
    found.push(...lines.filter((text) => text.includes('hole in observer')));
  }
}

test('tells what was seen, delivered, lost and why, and when an observer was silent', async () => {
  await using collector = await testCollector();
  const labels = (seen: number) => ({
    mode: 'none',
    interval_ms: '60000',
    seen: String(seen),
    clock_offset_us: '-1500',
  });
  await collector.post(
    [
      notice(0, 0, { action: 'capture-started', labels: { mode: 'none', covers: 'nothing', misses: 'UDP' } }),
      notice(1, 1, { action: 'heartbeat', labels: labels(2) }),
      line(2, START + MINUTE + 1, {}),
      line(3, START + MINUTE + 2, {}),
      notice(4, 2, { action: 'records-lost', reason: 'ring-full', count: 41, labels: { cause: 'ring-full' } }),
      // Nothing for ten minutes, though a heartbeat was promised each minute.
      notice(5, 12, { action: 'heartbeat', labels: labels(7) }),
      line(6, START + 12 * MINUTE + 1, {}),
      notice(7, 13, { action: 'capture-stopped', labels: labels(8) }),
    ].join(''),
  );
  // Another observer never stops, and promised nothing.
  await collector.post(line(0, START + 5 * MINUTE, { observer: 'web-2' }));
  const web = await accountOf(collector, 'web-1', '&slots=60');
  expect(web).toMatchObject({
    signed: false,
    mode: 'none',
    covers: 'nothing',
    misses: 'UDP',
    sessions: 1,
    seen: 8,
    delivered: 3,
    notices: 5,
    lost: { 'ring-full': 41 },
    lost_total: 41,
    holes: [],
    silences: [{ from: timestampFromMicros(START + 2 * MINUTE), to: timestampFromMicros(START + 12 * MINUTE) }],
    silent_ms: 600_000,
    clock_offset_max_us: 1_500,
    stopped: true,
  });
  expect(web['timeline']).toHaveLength(60);
  expect(web['timeline']).toMatchObject({ 5: { silent: 1 }, 20: { silent: 0, delivered: 0 } });
  expect(await accountOf(collector, 'web-2')).toMatchObject({ delivered: 1, silences: [], stopped: false });
  expect((await collector.call('/v1/completeness?from=yesterday')).status).toBe(400);
});

test('an observer that fell silent for good is silent until now', async () => {
  await using collector = await testCollector();
  await collector.post(notice(0, 0, { action: 'heartbeat' }));
  expect(await accountOf(collector, 'web-1')).toMatchObject({ silent_ms: 60 * 60_000 });
});

test('a hole in a signing observer’s numbers becomes one record, over restarts too', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'portledger-hole-'));
  try {
    let collector = await testCollector({ dataDir: dir });
    const observer = new SigningObserver('web-1');
    const body = JSON.stringify({ name: 'web-1', role: 'ingest' });
    const made = await collector.call('/v1/tokens', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    const { token }: { readonly token: string } = JSON.parse(made.text);
    await observer.enrol(collector, token);
    await observer.send(collector, token, 0, 10);
    await observer.send(collector, token, 13, 5);
    await observer.send(collector, token, 19, 5);
    // One that does not sign may have its reasons.
    await collector.post(`${canonicalLine(sampleRecord(7, { observer: 'web-2' }))}\n`);
    await until(
      () => holeRecords(collector),
      (records) => records.length >= 2,
    );
    for (let restart = 0; restart < 2; restart += 1) {
      await collector.close();
      // The account is made again from the ledger alone, and must not tell again what it tells.
      if (restart === 1) await rm(join(dir, 'completeness.sqlite'));
      collector = await testCollector({ dataDir: dir });
      await observer.send(collector, token, 24 + restart, 1);
      const account = await collector.call('/v1/completeness?from=2026-01-01');
      const { observers }: { readonly observers: Account[] } = JSON.parse(account.text);
      expect(observers.find(({ observer: name }) => name === 'web-1')).toMatchObject({
        signed: true,
        holes: [
          { session: 'session-1', from: 10, to: 13 },
          { session: 'session-1', from: 18, to: 19 },
        ],
        missing: 4,
      });
      expect(observers.find(({ observer: name }) => name === 'web-2')).toMatchObject({ signed: false, missing: 7 });
    }
    const told = await holeRecords(collector);
    expect(told.map((record) => /"from":"(\d+)".*"to":"(\d+)"/.exec(record)?.slice(1))).toEqual([
      ['10', '13'],
      ['18', '19'],
    ]);
    await collector.close();
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test('finds a line’s own time behind labels that look like it', () => {
  const record = sampleRecord(0, { labels: { timestamp: '2000-01-01T00:00:00.000000Z', x: '"timestamp":"' } });
  const bytes = Buffer.from(canonicalLine(record));
  expect(timestampFromMicros(timeOfLine(bytes, 0, bytes.length))).toBe(record.timestamp);
});
