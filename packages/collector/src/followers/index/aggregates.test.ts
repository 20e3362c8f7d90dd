import { expect, test } from 'vitest';
import { microsFromTimestamp } from '@portledger/format';
import { parseQuery } from '../../query/parse-query.ts';
import { toPredicate } from '../../query/query-predicate.ts';
import { MemoryLedger } from '../testing/memory-ledger.ts';
import { sampleRecords } from '../testing/sample-traffic.ts';
import { testFolder } from '../testing/test-folder.ts';
import { openIndex } from './open-index.ts';

const START = Date.UTC(2026, 10, 22, 9) * 1000;

test('top, histogram and count agree with counting by hand, over files and tables', async () => {
  await using folder = await testFolder();
  const ledger = new MemoryLedger(700);
  ledger.append([...sampleRecords(1000, START, 10)]);
  await using index = await openIndex({ dir: folder.path, ledger, hotRecordsMax: 1500 });
  await index.reached(ledger.head().durable);
  const parsed = parseQuery('action:connection-* AND src_ip:10.20.0.0/20', { now: START });
  if (!parsed.ok) throw new Error(parsed.fault.message);
  const query = parsed.value;
  const matching = ledger.hits.filter(toPredicate(query));
  expect(await index.count({ query })).toEqual({ ok: true, value: matching.length });

  const byIp = Map.groupBy(matching, (hit) => hit.record.src_ip ?? '');
  const top = await index.top({ query, field: 'src_ip', limit: 3 });
  if (!top.ok) throw new Error(top.fault.message);
  expect(top.value.total).toBe(matching.length);
  expect(top.value.missing).toBe(0);
  expect(top.value.buckets.map(({ value, count }) => [value, count])).toEqual(
    top.value.buckets.map(({ value }) => [value, byIp.get(value)?.length]),
  );
  expect(top.value.other + top.value.buckets.reduce((sum, { count }) => sum + count, 0)).toBe(matching.length);

  const exe = await index.top({ query, field: 'exe', limit: 100 });
  if (!exe.ok) throw new Error(exe.fault.message);
  expect(exe.value.missing).toBe(matching.filter((hit) => hit.record.exe === undefined).length);

  const histogram = await index.histogram({ query, buckets: 30 });
  if (!histogram.ok) throw new Error(histogram.fault.message);
  const { intervalMs, buckets, total } = histogram.value;
  expect(total).toBe(matching.length);
  expect(buckets.length).toBeLessThanOrEqual(31);
  for (const bucket of buckets) {
    const low = microsFromTimestamp(bucket.start) ?? 0;
    const inside = matching.filter((hit) => {
      const at = microsFromTimestamp(hit.record.timestamp) ?? 0;
      return at >= low && at < low + intervalMs * 1000;
    });
    expect(bucket.count).toBe(inside.length);
    expect(Object.values(bucket.byAction).reduce((sum, n) => sum + n, 0)).toBe(bucket.count);
  }
  const empty = await index.histogram({ query, fromMicros: 0, toMicros: 59_000_000 });
  expect(empty).toMatchObject({ ok: true, value: { intervalMs: 1000, total: 0 } });
  if (empty.ok) expect(empty.value.buckets).toHaveLength(60);
});

test('a query that takes too long is a fault, and the index goes on', async () => {
  await using folder = await testFolder();
  const ledger = new MemoryLedger();
  ledger.append([...sampleRecords(5000, START)]);
  await using index = await openIndex({ dir: folder.path, ledger, queryTimeoutMs: 0 });
  await index.reached(ledger.head().durable);
  const slow = parseQuery('a*b?c*d*e OR *x?y*z*', { now: START });
  if (!slow.ok) throw new Error(slow.fault.message);
  expect(await index.top({ query: slow.value, field: 'connection_id', limit: 10 })).toMatchObject({
    ok: false,
    fault: { code: 'timeout' },
  });
  expect(index.status().state).toBe('following');
});

test('a histogram over more years than there are times ends where they do', async () => {
  await using folder = await testFolder();
  await using index = await openIndex({ dir: folder.path, ledger: new MemoryLedger() });
  const parsed = parseQuery('', { now: 0 });
  if (!parsed.ok) throw new Error(parsed.fault.message);
  const ask = (fromMicros: number, toMicros: number) =>
    index.histogram({ query: parsed.value, fromMicros, toMicros, buckets: 1000 });
  const all = await ask(-62_167_219_200_000_000, 253_402_300_799_000_000);
  if (!all.ok) throw new Error(all.fault.message);
  expect(all.value.buckets[0]?.start).toBe('1970-01-01T00:00:00.000000Z');
  expect(all.value.buckets.length).toBeLessThanOrEqual(1000);
  expect(await ask(-2_000_000, -1_000_000)).toMatchObject({ ok: true, value: { buckets: [], total: 0 } });
});
