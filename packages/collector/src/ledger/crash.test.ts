import { describe, expect, test } from 'vitest';
import { verifyLedger } from '@portledger/format';
import { openOn } from './testing/inline-sealing.ts';
import type { SignedHeads } from './testing/inline-sealing.ts';
import { MemoryDisk } from './testing/memory-disk.ts';
import { seeded } from './testing/seeded-random.ts';
import { sealedLines, testBatch, testLine } from './testing/test-batches.ts';
import { nodeVerifyTools } from './verify-folder.ts';
import { VerifyPool } from './verify-pool.ts';

const BATCHES = [
  testBatch('s1', 0, 3),
  testBatch('s1', 3, 2),
  testBatch('s2', 0, 2, 'payment'),
  testBatch('s1', 5, 4),
  testBatch('s2', 2, 3, 'payment'),
  testBatch('s1', 9, 1),
];
const EVERY_LINE = [
  ...Array.from({ length: 10 }, (_, seq) => testLine('s1', seq)),
  ...Array.from({ length: 5 }, (_, seq) => testLine('s2', seq)),
].sort();

/** Appends, seals, appends, closes, until the disk crashes. What is acknowledged goes into `acknowledged`. */
async function work(disk: MemoryDisk, signed: SignedHeads, acknowledged = new Set<string>()): Promise<void> {
  const ledger = await openOn(disk, signed);
  try {
    for (const [at, batch] of BATCHES.entries()) {
      const outcome = await ledger.append([batch]);
      if (!outcome.ok) break;
      for (const line of Buffer.from(batch.lines).toString().trimEnd().split('\n')) acknowledged.add(line);
      if (at === 2 || at === 3) await ledger.seal();
    }
  } finally {
    await ledger.close();
  }
}

async function workUntilCrash(disk: MemoryDisk, signed: SignedHeads, acknowledged: Set<string>): Promise<void> {
  await work(disk, signed, acknowledged).catch(() => undefined); // the crash
}

/** After everything: opens, checks what must hold, sends all again, and checks that it is there once. */
async function mustBeWhole(disk: MemoryDisk, signed: SignedHeads, acknowledged: ReadonlySet<string>): Promise<void> {
  const tools = nodeVerifyTools(new VerifyPool(0));
  await (await openOn(disk, signed)).close();
  const found = sealedLines((path) => disk.peek(path));
  expect(new Set(found).size, 'nothing twice').toBe(found.length);
  expect(
    [...acknowledged].filter((line) => !found.includes(line)),
    'acknowledged and lost',
  ).toEqual([]);
  const first = await verifyLedger(disk.files(), tools);
  expect(first.findings).toEqual([]);
  await work(disk, signed);
  expect(sealedLines((path) => disk.peek(path)).sort()).toEqual(EVERY_LINE);
  expect((await verifyLedger(disk.files(), tools)).findings).toEqual([]);
  for (const [size, roots] of signed) expect(roots.size, `roots signed for size ${size}`).toBe(1);
}

describe('a crash', () => {
  test('at any operation, whatever survives of what was not synced, loses and doubles nothing', async () => {
    const dry = MemoryDisk.empty();
    await work(dry, new Map());
    expect(dry.steps.length).toBeGreaterThan(60);
    for (let crashAt = 1; crashAt <= dry.steps.length; crashAt++) {
      for (const survival of ['killed', 'all', 'none', 'some'] as const) {
        const disk = MemoryDisk.empty();
        disk.crashAt = crashAt;
        const signed: SignedHeads = new Map();
        const acknowledged = new Set<string>();
        await workUntilCrash(disk, signed, acknowledged);
        const random = seeded(crashAt);
        const stop =
          survival === 'killed' ? { kind: survival, random } : { kind: 'power' as const, survives: survival, random };
        const told = `crash at ${crashAt} (${dry.steps[crashAt - 1]}), ${survival} survives`;
        await mustBeWhole(disk.restarted(stop), signed, acknowledged).catch((cause: unknown) => {
          throw new Error(told, { cause });
        });
      }
    }
  }, 180_000);

  test('after a crash in recovery after a crash, still loses and doubles nothing (300 seeds)', async () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seeded(seed);
      let disk = MemoryDisk.empty();
      const signed: SignedHeads = new Map();
      const acknowledged = new Set<string>();
      for (let crash = 0; crash < 4; crash++) {
        disk.crashAt = 1 + Math.floor(random() * (crash === 0 ? 90 : 40));
        await workUntilCrash(disk, signed, acknowledged);
        const survives = (['all', 'none', 'some'] as const)[Math.floor(random() * 3)] ?? 'some';
        disk = disk.restarted(random() < 0.3 ? { kind: 'killed', random } : { kind: 'power', survives, random });
      }
      await mustBeWhole(disk, signed, acknowledged).catch((cause: unknown) => {
        throw new Error(`seed ${seed}`, { cause });
      });
    }
  }, 180_000);
});
