import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { COLUMNS } from '../followers/index/columns.ts';
import { openDatabase, readRows } from '../followers/index/database.ts';
import { hitOf, HIT_COLUMNS } from '../followers/index/hit-rows.ts';
import { HotTable } from '../followers/index/hot-table.ts';
import { RowBatch } from '../followers/index/row-batch.ts';
import { chunkOf } from '../followers/testing/sample-traffic.ts';
import { testFolder } from '../followers/testing/test-folder.ts';
import { toPredicate } from './query-predicate.ts';
import { toSql } from './query-sql.ts';
import { formatQuery } from './format-query.ts';
import { arbitraryRecord, hitsFrom } from './testing/arbitrary-hit.ts';
import { arbitraryQuery } from './testing/arbitrary-query.ts';

test('SQL and the test in memory agree, and columns give back the very record, in DuckDB', async () => {
  await using folder = await testFolder();
  const database = await openDatabase({ memoryBytesMax: 512 * 1024 * 1024, threads: 2, spillDir: folder.path });
  const connection = await database.connect();
  const records = fc.sample(arbitraryRecord, { numRuns: 2000, seed: 11 });
  const hits = hitsFrom(records);
  const chunk = chunkOf(records, { block: 0, position: 0 }, hits[0]?.received ?? '');
  const table = await HotTable.open(connection, 'records', new Set(COLUMNS.keys()));
  const batch = new RowBatch();
  for (let from = 0; from < chunk.count;) {
    from += batch.read(chunk, from).rows;
    batch.handOver(table);
  }
  table.appender.closeSync();
  const rows = await readRows(connection, { sql: `SELECT ${HIT_COLUMNS} FROM records ORDER BY position`, params: [] });
  expect(rows.map(hitOf)).toEqual(hits);
  let found = 0;
  for (const query of fc.sample(arbitraryQuery, { numRuns: 400, seed: 5 })) {
    const { sql, params } = toSql(query);
    const answer = await readRows(connection, {
      sql: `SELECT position FROM records WHERE ${sql} ORDER BY position`,
      params,
    });
    const expected = hits.filter(toPredicate(query)).map((hit) => hit.position);
    expect(
      answer.map(([position]) => Number(position)),
      formatQuery(query),
    ).toEqual(expected);
    if (expected.length > 0 && expected.length < hits.length) found += 1;
  }
  // Most queries must tell records apart, or the agreement would say little.
  expect(found).toBeGreaterThan(200);
  connection.closeSync();
  database.closeSync();
});
