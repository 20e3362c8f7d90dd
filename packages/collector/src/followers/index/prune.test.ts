import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseQuery } from '../../query/parse-query.ts';
import { MemoryLedger } from '../testing/memory-ledger.ts';
import { sampleRecords } from '../testing/sample-traffic.ts';
import { testFolder } from '../testing/test-folder.ts';
import { openIndex } from './open-index.ts';
import type { RecordIndex } from './record-index.ts';

const START = Date.UTC(2026, 10, 22, 9) * 1000;

/** Blocks of 100 records, in turn of one class and the other. */
function twoClasses(blocks: number): MemoryLedger {
  const ledger = new MemoryLedger(100);
  const records = [...sampleRecords(blocks * 25, START)];
  for (let block = 0; block < blocks; block += 1) {
    const own = records.slice(block * 100, (block + 1) * 100);
    ledger.append(own, '2026-11-22T12:00:00.000000Z', block % 2 === 0 ? 'short' : 'long');
  }
  return ledger;
}

async function counts(index: RecordIndex): Promise<readonly number[]> {
  const found: number[] = [];
  for (const text of ['class:short', 'class:long']) {
    const query = parseQuery(text, { now: START });
    const count = query.ok ? await index.count({ query: query.value }) : query;
    found.push(count.ok ? count.value : -1);
  }
  return found;
}

const RANGES = [{ class: 'short', first: 0, last: 10 }];

test('records of pruned blocks leave the files, and only they; asked again there is nothing left to do', async () => {
  await using folder = await testFolder();
  const ledger = twoClasses(20);
  await using index = await openIndex({ dir: folder.path, ledger, hotRecordsMax: 300 });
  await index.reached(ledger.head().durable);
  await index.flush();
  expect(await counts(index)).toEqual([1_000, 1_000]);
  expect(await index.prune(RANGES)).toBe(600);
  expect(await counts(index)).toEqual([400, 1_000]);
  expect(index.status().lagRecords).toBe(0);
  expect(await index.prune(RANGES)).toBe(0);
});

test('a start knows that it is not behind, and takes the later of two generations that a crash left', async () => {
  await using folder = await testFolder();
  const ledger = twoClasses(20);
  {
    await using index = await openIndex({ dir: folder.path, ledger, hotRecordsMax: 300 });
    await index.reached(ledger.head().durable);
    await index.flush();
    const before = await readdir(folder.path);
    await using kept = await testFolder();
    for (const name of before.filter((one) => one.endsWith('.parquet'))) {
      await copyFile(join(folder.path, name), join(kept.path, name));
    }
    await index.prune(RANGES);
    await index.close();
    for (const name of await readdir(kept.path)) await copyFile(join(kept.path, name), join(folder.path, name));
  }
  await using again = await openIndex({ dir: folder.path, ledger, hotRecordsMax: 300 });
  await again.reached(ledger.head().durable);
  expect(await counts(again)).toEqual([400, 1_000]);
  expect(again.status().lagRecords).toBe(0);
});
