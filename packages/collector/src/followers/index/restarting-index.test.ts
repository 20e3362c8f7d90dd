import { expect, test } from 'vitest';
import { parseQuery } from '../../query/parse-query.ts';
import type { Query } from '../../query/query.ts';
import type { FollowedChunk, LedgerSource } from '../ledger-source.ts';
import { MemoryLedger } from '../testing/memory-ledger.ts';
import { sampleRecords } from '../testing/sample-traffic.ts';
import { testFolder } from '../testing/test-folder.ts';
import { RestartingIndex } from './restarting-index.ts';
import type { IndexFailure } from './restarting-index.ts';

const START = Date.UTC(2026, 10, 22, 9) * 1000;

function everything(): Query {
  const parsed = parseQuery('', { now: START });
  if (!parsed.ok) throw new Error(parsed.fault.message);
  return parsed.value;
}

/** A ledger that breaks its promise of no holes for the first `failures` readers, which makes the index's thread fail. */
function brokenFor(ledger: MemoryLedger, failures: number): LedgerSource {
  let readers = 0;
  return {
    recordsBefore: (cursor) => ledger.recordsBefore(cursor),
    head: () => ledger.head(),
    async *follow(from, signal): AsyncGenerator<FollowedChunk> {
      readers += 1;
      const isBroken = readers <= failures;
      let chunks = 0;
      for await (const chunk of ledger.follow(from, signal)) {
        chunks += 1;
        yield isBroken && chunks > 2 ? { ...chunk, block: chunk.block + 7, position: 5 } : chunk;
      }
    },
  };
}

test('an index whose thread fails is started anew, and finds every record then', async () => {
  await using folder = await testFolder();
  const ledger = new MemoryLedger(700);
  ledger.append([...sampleRecords(1500, START)]);
  const failures: IndexFailure[] = [];
  const mended = Promise.withResolvers<void>();
  await using index = await RestartingIndex.open({
    dir: folder.path,
    ledger: brokenFor(ledger, 2),
    hotRecordsMax: 500,
    restartDelayMs: 20,
    onFailure: (failure) => {
      failures.push(failure);
      if (failures.length === 2) mended.resolve();
    },
  });
  const stopped = await index.reached(ledger.head().durable).catch((error: unknown) => String(error));
  expect(stopped).toContain('the ledger gave record');
  expect(index.status()).toMatchObject({ state: 'failed', restarts: 0 });
  expect(await index.count({ query: everything() })).toMatchObject({ ok: false, fault: { code: 'unavailable' } });
  await mended.promise;
  expect(failures.map(({ failures, retryInMs }) => [failures, retryInMs])).toEqual([
    [1, 20],
    [2, 40],
  ]);
  const deadline = performance.now() + 10_000;
  while (index.status().restarts !== 2 && performance.now() < deadline)
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  await index.reached(ledger.head().durable);
  expect(index.status()).toMatchObject({ state: 'following', restarts: 2, lagRecords: 0, records: 6000 });
  expect(index.status().failure).toBeUndefined();
  expect(await index.count({ query: everything() })).toEqual({ ok: true, value: 6000 });
});

test('closing while it waits to start anew ends the wait', async () => {
  await using folder = await testFolder();
  const ledger = new MemoryLedger(100);
  ledger.append([...sampleRecords(500, START)]);
  const failed = Promise.withResolvers<void>();
  const index = await RestartingIndex.open({
    dir: folder.path,
    ledger: brokenFor(ledger, 1),
    restartDelayMs: 3_600_000,
    onFailure: () => failed.resolve(),
  });
  await failed.promise;
  // Else it would wait for an hour.
  await index.close();
});
