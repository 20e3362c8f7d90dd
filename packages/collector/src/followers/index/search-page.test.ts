import { expect, onTestFinished, test } from 'vitest';
import { parseQuery } from '../../query/parse-query.ts';
import type { Query } from '../../query/query.ts';
import { LEDGER_START } from '../ledger-source.ts';
import { chunkOf, sampleRecords } from '../testing/sample-traffic.ts';
import { testFolder } from '../testing/test-folder.ts';
import { openDatabase } from './database.ts';
import { IndexWriter } from './index-writer.ts';
import { readPage } from './search-page.ts';
import { SourceSet } from './source-set.ts';

const START = Date.UTC(2026, 10, 22, 9) * 1000;
const RECEIVED = '2026-11-22T12:00:00.000000Z';
const ALL_TIMES = { low: -Infinity, high: Infinity };

function everything(): Query {
  const parsed = parseQuery('', { now: START });
  if (!parsed.ok) throw new Error(parsed.fault.message);
  return parsed.value;
}

test('a page finds what a hot table took in after the query had asked it for its times', async () => {
  await using folder = await testFolder();
  const instance = await openDatabase({ memoryBytesMax: 2 ** 27, threads: 1, spillDir: `${folder.path}/spill` });
  onTestFinished(() => instance.closeSync());
  const sources = new SourceSet();
  const writer = await IndexWriter.open(instance, sources, [], LEDGER_START, { dir: folder.path });
  onTestFinished(() => writer.close());
  const connection = await instance.connect();
  onTestFinished(() => connection.closeSync());
  // Of one shape, so that they go into one table.
  const [first] = sampleRecords(1, START);
  if (first === undefined) throw new Error('no sample');
  const records = [0, 1, 2, 3].map((second) =>
    Object.assign({}, first, { timestamp: `2026-11-22T09:00:0${second}.000000Z`, seq: second }),
  );

  await writer.append(chunkOf(records.slice(0, 2), LEDGER_START, RECEIVED));
  writer.show();
  const lease = sources.lease(ALL_TIMES);
  await writer.append(chunkOf(records.slice(2), { block: 0, position: 2 }, RECEIVED));
  writer.show();

  // Latest first and one at most: all of the page lies past the times that the table had when it was asked.
  const request = { query: everything(), order: 'desc', limit: 1, after: undefined } as const;
  const page = await readPage(connection, lease.sources, request);
  expect(page.hits.map((hit) => hit.record)).toEqual([records.at(-1)]);
  expect(page.more).toBe(true);
  const none = await readPage(connection, [], request);
  expect(none).toEqual({ hits: [], more: false });
  lease.release();
});
