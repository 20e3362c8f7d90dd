import { expect, test } from 'vitest';
import { openOn } from './testing/inline-sealing.ts';
import type { SignedHeads } from './testing/inline-sealing.ts';
import { MemoryDisk } from './testing/memory-disk.ts';
import { seeded } from './testing/seeded-random.ts';
import { testBatch } from './testing/test-batches.ts';

/** One more than an entry bundle holds. */
const ROUNDS = 257;

test('a flipped bit in a full bundle of manifests is noticed at opening: no stream is taken for held that is not', async () => {
  const signed: SignedHeads = new Map();
  let disk = MemoryDisk.empty();
  const ledger = await openOn(disk, signed);
  for (let round = 0; round < ROUNDS; round++) {
    await ledger.append([testBatch('s1', round, 1)]);
    await ledger.seal();
  }
  await ledger.close();
  disk.home().set('cache/ledger-sessions.json', undefined);
  disk = disk.restarted({ kind: 'killed', random: seeded(1) });
  disk.inject = ({ operation, path }) => (operation === 'read' && path === 'tile/entries/000' ? 'rot' : undefined);
  await expect(openOn(disk, signed)).rejects.toMatchObject({ code: 'ledger-damaged' });
  disk = disk.restarted({ kind: 'killed', random: seeded(2) });
  const again = await openOn(disk, signed);
  expect(again.head().records).toBe(ROUNDS);
  await again.close();
});

test('wrong bytes from the journal, the frames or the right edge stop the ledger before it signs', async () => {
  for (const path of [/^journal\//, /^segments\//, /^tile\/0\//, /^tile\/entries\//, /^checkpoint$/, /^staging\//]) {
    const signed: SignedHeads = new Map();
    const disk = MemoryDisk.empty();
    const ledger = await openOn(disk, signed);
    await ledger.append([testBatch('s1', 0, 3)]);
    await ledger.seal();
    await ledger.append([testBatch('s1', 3, 3)]);
    disk.inject = (step) => (step.operation === 'read' && path.test(step.path) ? 'rot' : undefined);
    await expect(ledger.seal(), String(path)).rejects.toThrow('the ledger stopped');
    expect(Math.max(...signed.keys()), String(path)).toBe(1);
    expect(await ledger.append([testBatch('s1', 6, 1)])).toMatchObject({ ok: false, fault: { code: 'failed' } });
    const found = disk.restarted({ kind: 'power', survives: 'none', random: seeded(1) });
    const again = await openOn(found, signed);
    expect(again.head().records, String(path)).toBe(6);
    await again.close();
  }
});
