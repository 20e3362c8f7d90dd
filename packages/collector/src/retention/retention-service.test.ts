import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RetentionPolicy } from '@portledger/format';
import { expect, test } from 'vitest';
import { verifyFolder } from '../ledger/verify-folder.ts';
import { makeReceiveClock } from '../doors/receive-clock.ts';
import { sampleLines, testCollector, until } from '../testing/test-collector.ts';
import type { TestCollector } from '../testing/test-collector.ts';

const DAY_MS = 86_400_000;
const DAY_MICROS = DAY_MS * 1_000;

const POLICY: RetentionPolicy = {
  classes: [
    { name: 'default', ageMs: 180 * DAY_MS },
    { name: 'payment', ageMs: 1_000 * DAY_MS },
    { name: 'audit', ageMs: 1_095 * DAY_MS },
    { name: 'system' },
  ],
  rules: [{ class: 'payment', when: [{ field: 'dest_port', values: ['7'] }] }],
};

/** A collector whose clock is so many days ahead of the machine's. */
function collectorAt(dataDir: string, days: number): Promise<TestCollector> {
  const clock = makeReceiveClock();
  const options = { dataDir, retention: POLICY, sealIntervalMs: 20, clock: () => clock() + days * DAY_MICROS };
  return testCollector({ ...options, indexHotRecordsMax: 1_000 });
}

async function found(collector: TestCollector, query: string): Promise<number> {
  const answer = await collector.call(`/v1/search?limit=1000&q=${encodeURIComponent(query)}`);
  const body: { readonly hits: readonly unknown[] } = JSON.parse(answer.text);
  return body.hits.length;
}

function post(collector: TestCollector, path: string, body: unknown = {}): ReturnType<TestCollector['call']> {
  const headers = { 'content-type': 'application/json' };
  return collector.call(path, { method: 'POST', body: JSON.stringify(body), headers });
}

test('a collector deletes what is old, keeps what is held, and finds, follows and proves the rest', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'portledger-retention-'));
  try {
    const young = await collectorAt(dataDir, 0);
    await young.post(sampleLines(0, 50));
    await young.post(sampleLines(0, 20, { session: 'pay', dest_port: 7 }));
    await until(
      () => found(young, 'observer:web-1'),
      (count) => count === 70,
    );
    await young.services.index.flush();
    await young.close();
    const [segment = ''] = await readdir(join(dataDir, 'ledger', 'segments', 'default'));

    const old = await collectorAt(dataDir, 400);
    expect((await post(old, '/v1/holds', { name: 'case-7', reason: 'court', query: 'user:user-3' })).status).toBe(201);
    const plan = JSON.parse((await old.call('/v1/retention/plan')).text);
    expect(plan.classes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          class: 'default',
          age: '180d',
          due: expect.objectContaining({ records: 50 }),
          held: expect.objectContaining({ records: 50 }),
        }),
        expect.objectContaining({ class: 'payment', due: expect.objectContaining({ records: 0 }) }),
        expect.objectContaining({ class: 'system', age: 'for-good' }),
      ]),
    );
    expect(JSON.parse((await post(old, '/v1/retention/apply')).text)).toMatchObject({
      pruned: { segments: 0 },
      held: { segments: 1 },
    });
    expect((await post(old, '/v1/holds/case-7/release', { reason: 'closed' })).status).toBe(200);
    expect(JSON.parse((await post(old, '/v1/retention/apply')).text)).toMatchObject({
      pruned: { segments: 1, records: 50 },
      files_unlinked: 1,
      index_records: 50,
    });
    expect(await readdir(join(dataDir, 'ledger', 'segments', 'default'))).toEqual([]);
    expect(await found(old, 'dest_port:5432')).toBe(0);
    expect(await found(old, 'dest_port:7')).toBe(20);
    await until(
      () => found(old, 'action:pruned AND labels.class:default'),
      (count) => count === 1,
    );
    expect(await found(old, 'action:hold-placed OR action:hold-released')).toBe(2);
    await until(
      async () => old.services.index.status().lagRecords,
      (lag) => lag === 0,
    );
    await old.close();

    expect((await verifyFolder(dataDir, { threads: 0 })).findings).toEqual([]);
    // An index from nothing reads past what is gone, and knows that it is not behind.
    await rm(join(dataDir, 'index'), { recursive: true });
    const again = await collectorAt(dataDir, 401);
    await until(
      async () => again.services.index.status().lagRecords,
      (lag) => lag === 0,
    );
    expect(await found(again, 'dest_port:7')).toBe(20);
    const gone = await again.call(`/v1/records/${Number.parseInt(segment, 10)}/0`);
    expect(gone.status).toBe(410);
    expect(gone.text).toMatch(/pruned under the policy 180d of class default at .* by the entry/);
    await again.post(sampleLines(50, 5));
    await until(
      () => found(again, 'dest_port:5432'),
      (count) => count === 5,
    );
    await again.close();
    expect((await verifyFolder(dataDir, { threads: 0 })).findings).toEqual([]);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
