import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLedger } from '../../ledger/ledger.ts';
import { IMPORT_CHUNK_BYTES } from '../../limits.ts';
import { Quarantine } from '../../normalise/quarantine.ts';
import { sampleLines } from '../../testing/test-collector.ts';
import { makeReceiveClock } from '../receive-clock.ts';
import { appendRecords } from './append-records.ts';

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('imports by the rules of the door, without a collector', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'portledger-import-'));
  const clock = makeReceiveClock();
  const ledger = await openLedger({ dir, clock });
  const quarantine = new Quarantine(join(dir, 'quarantine'), clock);
  try {
    const template = '{"timestamp":"2026-01-02T03:04:05Z","user":"alice","dest_port":"22","action":"login"}\n';
    const huge = `{"x":"${'y'.repeat(2 * IMPORT_CHUNK_BYTES)}"}\n`;
    const text = `${sampleLines(0, 6_000)}\n${template}${huge}nonsense\n${template}${sampleLines(6_000, 10)}`;
    const refused: string[] = [];
    const done = await appendRecords(pieces(Buffer.from(text), 70_000), {
      ledger,
      quarantine,
      clock,
      observer: 'import-test',
      onRefused: ({ line, code }) => refused.push(`${line} ${code}`),
    });
    expect(done).toEqual({ ok: true, value: { lines: 6_015, accepted: 6_012, duplicates: 0, refused: 2 } });
    expect(refused).toEqual(['6003 line-too-long', '6004 not-json']);
    expect(ledger.head().records).toBe(6_012);
  } finally {
    await quarantine.close();
    await ledger.close();
    await rm(dir, { recursive: true, force: true });
  }
});
