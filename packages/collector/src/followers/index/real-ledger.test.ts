import { expect, test } from 'vitest';
import { openLedger } from '../../ledger/ledger.ts';
import type { Ledger } from '../../ledger/ledger-shapes.ts';
import type { AccessRecord } from '@portledger/format';
import { chunkOf, sampleRecords } from '../testing/sample-traffic.ts';
import { testFolder } from '../testing/test-folder.ts';
import { openIndex } from './open-index.ts';

const START = Date.UTC(2026, 10, 22, 9) * 1000;

async function append(
  ledger: Ledger,
  records: readonly AccessRecord[],
  firstSeq: number,
  retentionClass: string,
): Promise<void> {
  const { lines, lineEnds, count } = chunkOf(records, { block: 0, position: 0 }, '');
  const times = records.map(({ timestamp }) => timestamp).sort();
  const appended = await ledger.append([
    {
      observer: 'host-a',
      session: `s-${retentionClass}`,
      firstSeq,
      count,
      class: retentionClass,
      lines,
      lineEnds,
      firstTimestamp: times[0] ?? '',
      lastTimestamp: times.at(-1) ?? '',
    },
  ]);
  if (!appended.ok) throw new Error(appended.fault.message);
}

test('follows the ledger on disk, open and sealed, two classes at once, over a restart', async () => {
  await using folder = await testFolder();
  const records = [...sampleRecords(500, START)].map((record, seq) =>
    Object.assign({}, record, { observer: 'host-a', session: 's', seq }),
  );
  const sent = new Set<string>();
  for (const part of [0, 1]) {
    await using ledger = await openLedger({ dir: folder.path, origin: 'test.example/log', clock: () => START + part });
    await using index = await openIndex({ dir: `${folder.path}/index`, ledger, hotRecordsMax: 700 });
    for (let from = part * 1000; from < part * 1000 + 1000; from += 100) {
      const retentionClass = from % 200 === 0 ? 'standard' : 'short';
      const batch = records
        .slice(from, from + 100)
        .map((record, i) =>
          Object.assign({}, record, { session: `s-${retentionClass}`, seq: Math.floor(from / 200) * 100 + i }),
        );
      await append(ledger, batch, Math.floor(from / 200) * 100, retentionClass);
      for (const record of batch) sent.add(JSON.stringify([record.session, record.seq, record.connection_id]));
      if (from % 300 === 0) await ledger.seal();
    }
    await index.reached(ledger.head().durable);
    const page = await index.search({ query: { kind: 'all' }, order: 'desc', limit: 10_000 });
    if (!page.ok) throw new Error(page.fault.message);
    const found = page.value.hits.map(({ record }) =>
      JSON.stringify([record.session, record.seq, record.connection_id]),
    );
    expect(found).toHaveLength(sent.size);
    expect(new Set(found)).toEqual(sent);
    expect(new Set(page.value.hits.map((hit) => hit.class))).toEqual(new Set(['standard', 'short']));
  }
});
