import { beforeAll, describe, expect, test } from 'vitest';
import { verifyLedger } from '@portledger/format';
import type { VerifyReport } from '@portledger/format';
import { generateKeyPairSync } from 'node:crypto';
import { KeyFileSigner } from './log-signer.ts';
import { TEST_ORIGIN, openOn, testSigner } from './testing/inline-sealing.ts';
import { MemoryDisk } from './testing/memory-disk.ts';
import { testBatch } from './testing/test-batches.ts';
import { nodeVerifyTools } from './verify-folder.ts';
import { VerifyPool } from './verify-pool.ts';

const tools = { ...nodeVerifyTools(new VerifyPool(0)), pause: () => Promise.resolve() };

function verify(disk: MemoryDisk, trusted: { vkey?: string; privateKeyVkey?: string } = {}): Promise<VerifyReport> {
  return verifyLedger(disk.files(), tools, trusted);
}

/** Two classes, two segments, three rounds; stops at the named step of the last round where one is given. */
async function small(crash?: { readonly step: RegExp; readonly occurrence: number }): Promise<MemoryDisk> {
  const run = async (disk: MemoryDisk): Promise<void> => {
    const ledger = await openOn(disk, new Map());
    try {
      await ledger.append([testBatch('s1', 0, 3), testBatch('s2', 0, 2, 'payment')]);
      await ledger.seal();
      await ledger.append([testBatch('s1', 3, 2)]);
      await ledger.seal();
      await ledger.append([testBatch('s1', 5, 2)]);
      await ledger.append([testBatch('s1', 7, 1)]);
      if (crash === undefined) await ledger.seal();
    } finally {
      await ledger.close();
    }
  };
  const disk = MemoryDisk.empty();
  await run(disk);
  if (crash === undefined) return disk;
  const at = disk.steps.map((step, index) => (crash.step.test(step) ? index + 1 : 0)).filter((index) => index > 0);
  const crashing = MemoryDisk.empty();
  crashing.crashAt = at[crash.occurrence] ?? Infinity;
  await run(crashing).catch(() => undefined);
  return crashing.restarted({ kind: 'killed', random: () => 0 });
}

/** The states that a ledger's folder can be in, each with all the kinds of files it then has. */
const STATES = {
  closed: { make: () => small(), kinds: /^$/ },
  'with an open journal': { make: () => small({ step: /^write segments/, occurrence: 3 }), kinds: /^journal\// },
  'staged and not published': {
    make: () => small({ step: /^rename staging\/next.tmp to checkpoint/, occurrence: 3 }),
    kinds: /^$/,
  },
  'published and its tiles not laid': {
    make: () => small({ step: /^rename staging\/next.tmp to tile/, occurrence: 5 }),
    kinds: /^$/,
  },
} as const;

describe.each(Object.entries(STATES))('a ledger that is %s', (state, { make, kinds }) => {
  let disk: MemoryDisk;
  beforeAll(async () => {
    disk = await make();
    for (const path of disk.paths()) if (path === 'staging/next.tmp') disk.set(path, undefined);
  });

  test('verifies', async () => {
    const report = await verify(disk);
    expect(report.findings).toEqual([]);
    expect(report.counts.records + report.counts.unsealedRecords).toBe(10);
    expect(disk.paths().some((path) => path.startsWith('journal/'))).toBe(state !== 'closed');
    expect(disk.paths().some((path) => path.startsWith('staging/'))).toBe(/staged|laid/.test(state));
  });

  test('shows every flipped bit', async () => {
    const missed: string[] = [];
    for (const path of disk.paths()) {
      const bytes = disk.peek(path) ?? new Uint8Array(0);
      // Files of a kind that an earlier state has shown whole already: one bit a byte.
      const isNew = state === 'closed' || kinds.test(path);
      for (let bit = 0; bit < bytes.length * 8; bit += isNew ? 1 : 9) {
        const flipped = bytes.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        disk.set(path, flipped);
        if ((await verify(disk)).ok) missed.push(`${path} bit ${bit}`);
      }
      disk.set(path, bytes);
    }
    expect(missed).toEqual([]);
  }, 180_000);

  test('shows every missing file', async () => {
    for (const path of disk.paths()) {
      const bytes = disk.peek(path);
      const isLoneJournal = path.startsWith('journal/'); // what no checkpoint covers can vanish: receipts tell
      disk.set(path, undefined);
      const isStage = path.startsWith('staging/'); // then the round is sealed again from its journal
      if (!isLoneJournal && !isStage) expect((await verify(disk)).ok, path).toBe(false);
      disk.set(path, bytes);
    }
  });

  test('shows every truncation, or tells of a torn append', async () => {
    const base = await verify(disk);
    for (const path of disk.paths()) {
      const bytes = disk.peek(path) ?? new Uint8Array(0);
      for (let length = 0; length < bytes.length; length += state === 'closed' ? 1 : 1 + (length % 5)) {
        disk.set(path, bytes.slice(0, length));
        const report = await verify(disk);
        const told = path.startsWith('journal/') && report.counts.unsealedRecords < base.counts.unsealedRecords;
        expect(report.ok && !told, `${path} cut to ${length}`).toBe(false);
      }
      disk.set(path, bytes);
    }
  }, 180_000);

  test('shows a file that nothing accounts for, and bytes after the end of any file', async () => {
    for (const path of [
      'note.txt',
      'tile/0/001',
      'tile/0/000.p/9',
      'segments/default/000000000001.ndjson.zst',
      'staging/a',
      'journal/a.wal',
    ]) {
      disk.set(path, Buffer.from('x'));
      expect((await verify(disk)).ok, path).toBe(false);
      disk.set(path, undefined);
    }
    for (const path of disk.paths()) {
      const bytes = disk.peek(path) ?? new Uint8Array(0);
      disk.set(path, Buffer.concat([bytes, Buffer.from('x')]));
      const report = await verify(disk);
      const isTold = report.notes.some((note) => note.code === 'torn-append' || note.code === 'not-yet-published');
      expect(report.ok && !isTold, path).toBe(false);
      disk.set(path, bytes);
    }
  });
});

describe('a tampered ledger', () => {
  const segment = 'segments/default/000000000000.ndjson.zst';

  test('with a frame twice, or two segments swapped, or two frames swapped, does not verify', async () => {
    const disk = await small();
    const bytes = Buffer.from(disk.peek(segment) ?? '');
    const frames = [...bytes.toString('latin1').matchAll(/\x28\xb5\x2f\xfd/g)].map((match) => match.index);
    expect(frames.length).toBe(3);
    const [first = 0, second = 0, third = 0] = frames;
    const parts = [bytes.subarray(first, second), bytes.subarray(second, third), bytes.subarray(third)];
    disk.set(segment, Buffer.concat([...parts, parts[2] ?? bytes]));
    expect((await verify(disk)).findings.map((finding) => finding.code)).toEqual(['segment-leftover']);
    disk.set(segment, Buffer.concat([parts[1] ?? bytes, parts[0] ?? bytes, parts[2] ?? bytes]));
    expect((await verify(disk)).ok).toBe(false);
    const other = 'segments/payment/000000000001.ndjson.zst';
    disk.set(segment, disk.peek(other));
    disk.set(other, bytes);
    expect((await verify(disk)).ok).toBe(false);
  });

  test('with an old checkpoint put back over newer tiles does not verify', async () => {
    const disk = MemoryDisk.empty();
    const ledger = await openOn(disk, new Map());
    await ledger.append([testBatch('s1', 0, 3)]);
    await ledger.seal();
    const old = disk.peek('checkpoint');
    await ledger.append([testBatch('s1', 3, 3)]);
    await ledger.close();
    disk.set('checkpoint', old);
    expect((await verify(disk)).ok).toBe(false);
  });

  test('under another key does not verify', async () => {
    const disk = await small();
    const other = new KeyFileSigner(generateKeyPairSync('ed25519').privateKey, TEST_ORIGIN);
    expect((await verify(disk, { privateKeyVkey: testSigner.vkey })).ok).toBe(true);
    expect((await verify(disk, { privateKeyVkey: other.vkey })).findings.map((finding) => finding.code)).toEqual([
      'vkey-mismatch',
    ]);
    expect((await verify(disk, { vkey: other.vkey })).ok).toBe(false);
  });
});
