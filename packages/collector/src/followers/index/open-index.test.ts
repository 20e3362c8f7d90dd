import { expect, test } from 'vitest';
import type { Hit } from '../../query/hit.ts';
import { parseQuery } from '../../query/parse-query.ts';
import type { Query } from '../../query/query.ts';
import { MemoryLedger } from '../testing/memory-ledger.ts';
import { sampleRecords } from '../testing/sample-traffic.ts';
import { testFolder } from '../testing/test-folder.ts';
import { openIndex, rebuildIndex } from './open-index.ts';
import type { RecordIndex } from './record-index.ts';

const START = Date.UTC(2026, 10, 22, 9) * 1000;

function query(text: string): Query {
  const parsed = parseQuery(text, { now: START });
  if (!parsed.ok) throw new Error(parsed.fault.message);
  return parsed.value;
}

/** Every hit, page by page. */
async function allHits(
  index: RecordIndex,
  text: string,
  limit: number,
  order: 'asc' | 'desc' = 'desc',
): Promise<Hit[]> {
  const hits: Hit[] = [];
  let cursor: string | undefined;
  do {
    const page = await index.search({ query: query(text), order, limit, ...(cursor === undefined ? {} : { cursor }) });
    if (!page.ok) throw new Error(page.fault.message);
    hits.push(...page.value.hits);
    cursor = page.value.nextCursor;
  } while (cursor !== undefined);
  return hits;
}

function newestFirst(a: Hit, b: Hit): number {
  if (a.record.timestamp !== b.record.timestamp) return a.record.timestamp < b.record.timestamp ? 1 : -1;
  return b.block - a.block || b.position - a.position;
}

test('gives back every record as the ledger has it, newest first, from hot tables and files alike', async () => {
  await using folder = await testFolder();
  const ledger = new MemoryLedger(700);
  ledger.append([...sampleRecords(1500, START)]);
  await using index = await openIndex({ dir: folder.path, ledger, hotRecordsMax: 2500 });
  await index.reached(ledger.head().durable);
  expect(index.status()).toMatchObject({ state: 'following', records: 6000, lagRecords: 0 });
  expect(await allHits(index, '', 997)).toEqual(ledger.hits.toSorted(newestFirst));
  expect(await allHits(index, '', 1100, 'asc')).toEqual(ledger.hits.toSorted(newestFirst).toReversed());
});

test('a second start goes on from the files and neither repeats nor loses a record', async () => {
  await using folder = await testFolder();
  const ledger = new MemoryLedger(700);
  const records = [...sampleRecords(1000, START)];
  ledger.append(records.slice(0, 1900));
  {
    await using index = await openIndex({ dir: folder.path, ledger, hotRecordsMax: 1000 });
    await index.reached(ledger.head().durable);
  }
  ledger.append(records.slice(1900));
  await using index = await openIndex({ dir: folder.path, ledger, hotRecordsMax: 1000 });
  expect(index.status().records).toBe(1900);
  await index.reached(ledger.head().durable);
  expect(await allHits(index, '', 1000)).toEqual(ledger.hits.toSorted(newestFirst));
});

test('an index of another ledger is thrown away', async () => {
  await using folder = await testFolder();
  const records = [...sampleRecords(100, START)];
  const ledger = new MemoryLedger();
  ledger.append(records);
  {
    await using index = await openIndex({ dir: folder.path, ledger });
    await index.reached(ledger.head().durable);
  }
  const other = new MemoryLedger(1000, 'other+00000000+AA==');
  other.append(records.slice(0, 40));
  await using index = await openIndex({ dir: folder.path, ledger: other });
  await index.reached(other.head().durable);
  expect(index.status().records).toBe(40);
});

test('pages neither repeat nor skip while records arrive and tables turn into files', async () => {
  await using folder = await testFolder();
  const ledger = new MemoryLedger(300);
  const records = [...sampleRecords(600, START)];
  ledger.append(records.slice(0, 1200));
  await using index = await openIndex({ dir: folder.path, ledger, hotRecordsMax: 200 });
  await index.reached(ledger.head().durable);
  const before = ledger.hits.toSorted(newestFirst);
  const seen: Hit[] = [];
  let cursor: string | undefined;
  let sent = 1200;
  do {
    const page = await index.search({
      query: query('*'),
      order: 'desc',
      limit: 100,
      ...(cursor === undefined ? {} : { cursor }),
    });
    if (!page.ok) throw new Error(page.fault.message);
    seen.push(...page.value.hits);
    cursor = page.value.nextCursor;
    ledger.append(records.slice(sent, sent + 100));
    sent += 100;
    await index.reached(ledger.head().durable);
  } while (cursor !== undefined);
  const addresses = seen.map((hit) => `${hit.block}:${hit.position}`);
  expect(new Set(addresses).size).toBe(addresses.length);
  const known = new Set(before);
  const found = new Set(addresses);
  expect(before.filter((hit) => !found.has(`${hit.block}:${hit.position}`))).toEqual([]);
  expect(known.size).toBe(1200);
});

test('bad requests are faults', async () => {
  await using folder = await testFolder();
  const ledger = new MemoryLedger();
  await using index = await openIndex({ dir: folder.path, ledger });
  const all = query('');
  const code = async (answer: Promise<{ ok: boolean; fault?: { code: string } }>) => (await answer).fault?.code;
  expect(await code(index.search({ query: all, order: 'desc', limit: 0 }))).toBe('bad-limit');
  expect(await code(index.search({ query: all, order: 'desc', limit: 10_001 }))).toBe('bad-limit');
  expect(await code(index.search({ query: all, order: 'desc', limit: 1, cursor: 'x' }))).toBe('bad-cursor');
  expect(await code(index.top({ query: all, field: 'usr', limit: 5 }))).toBe('bad-field');
  expect(await code(index.histogram({ query: all, fromMicros: 5, toMicros: 4 }))).toBe('bad-limit');
  await index.close();
  expect(await code(index.count({ query: all }))).toBe('unavailable');
});

test('rebuilding replays the whole ledger and tells how far it is', async () => {
  await using folder = await testFolder();
  const ledger = new MemoryLedger(700);
  ledger.append([...sampleRecords(500, START)]);
  const told: number[] = [];
  const end = await rebuildIndex({ dir: folder.path, ledger, onProgress: ({ records }) => void told.push(records) });
  expect(end).toEqual({ records: 2000, recordsTotal: 2000 });
  expect(told.at(-1)).toBe(2000);
});
