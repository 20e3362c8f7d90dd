import { sign } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLedger, verifyFolder, type Batch } from '@portledger/collector';
import { canonicalLine, cosignatureLine, cosignatureMessage, parseNote, parsePolicy } from '@portledger/format';
import type { FindingCode, Policy, VerifyReport } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import { testBatch } from '../../packages/collector/src/ledger/testing/test-batches.ts';
import { exampleWitness } from '../../packages/format/src/testing/example-witnesses.ts';

const NOW_MICROS = Date.UTC(2026, 10, 23) * 1_000;
const SEGMENTS = 'ledger/segments/default';
const witness = exampleWitness('witness.example/w');
const work = mkdtempSync(join(tmpdir(), 'portledger-insider-'));

/** The collector's word that blocks 0 to 2 were pruned, as its retention would say it. */
function prunedBatch(policy: string, blocks: string, className = 'system'): Batch {
  const labels = { class: 'default', segment: '0', blocks, records: '30', policy };
  const stream = { observer: 'host/collector', observer_kind: 'system', session: 'own', seq: 0 } as const;
  const timestamp = '2026-11-23T00:00:00.000000Z';
  const line = `${canonicalLine({ v: 1, timestamp, action: 'pruned', ...stream, labels })}\n`;
  const times = { firstTimestamp: timestamp, lastTimestamp: timestamp };
  const lines = Buffer.from(line);
  const { observer, session } = stream;
  return {
    observer,
    session,
    firstSeq: 0,
    count: 1,
    class: className,
    lines,
    lineEnds: Uint32Array.of(lines.length),
    ...times,
  };
}

/** A data folder with three rounds of ten records, or what `rewrite` makes of them, under the keys of `keysOf`. */
async function ledgerOf(
  name: string,
  rewrite: (batches: readonly Batch[]) => readonly Batch[] = (batches) => batches,
  keysOf?: string,
): Promise<string> {
  const dir = join(work, name);
  if (keysOf !== undefined) {
    mkdirSync(join(dir, 'ledger'), { recursive: true });
    cpSync(join(keysOf, 'keys', 'ledger.key'), join(dir, 'keys', 'ledger.key'));
    cpSync(join(keysOf, 'ledger', 'vkey'), join(dir, 'ledger', 'vkey'));
  }
  let micros = NOW_MICROS;
  const ledger = await openLedger({ dir, clock: () => (micros += 1_000), sealIntervalMs: 600_000 });
  for (const batch of rewrite([testBatch('s', 0, 10), testBatch('s', 10, 10), testBatch('s', 20, 10)])) {
    expect(await ledger.append([batch])).toMatchObject({ ok: true });
    await ledger.seal();
  }
  await ledger.close();
  return dir;
}

/** The witness sees the checkpoint and cosigns it; the cosigned one is kept by the auditor, and beside the ledger. */
function cosigned(dir: string): string {
  const note = readFileSync(join(dir, 'ledger', 'checkpoint'), 'utf8');
  const parsed = parseNote(note);
  if (!parsed.ok) throw new Error(parsed.fault.message);
  const message = cosignatureMessage(parsed.value.text, 1_795_000_000);
  const signature = new Uint8Array(sign(null, message, witness.privateKey));
  return note + cosignatureLine(witness.key, { timeSeconds: 1_795_000_000, signature });
}

function keep(dir: string, note: string): void {
  mkdirSync(join(dir, 'ledger', 'witnessed'), { recursive: true });
  writeFileSync(
    join(dir, 'ledger', 'witnessed', `${String(Number(note.split('\n')[1])).padStart(12, '0')}.note`),
    note,
  );
}

function codes(report: VerifyReport): ReadonlySet<FindingCode> {
  return new Set(report.findings.map(({ code }) => code));
}

/** Another line of the same length in a batch. */
function changed(batch: Batch): Batch {
  const lines = Buffer.from(Buffer.from(batch.lines).toString().replace('"user":"user-3"', '"user":"user-9"'));
  expect(lines.equals(batch.lines)).toBe(false);
  return { ...batch, lines };
}

/** What whoever holds the key can write anew from the first record on. */
const REWRITES: Readonly<Record<string, (batches: readonly Batch[]) => readonly Batch[]>> = {
  change: ([first, ...rest]) => [...(first === undefined ? [] : [changed(first)]), ...rest],
  drop: ([first]) => (first === undefined ? [] : [first]),
  insert: ([first, ...rest]) => [...(first === undefined ? [] : [first]), testBatch('inserted', 0, 3), ...rest],
  reorder: () => [testBatch('s', 0, 5), testBatch('s', 5, 10), testBatch('s', 15, 15)],
  backdate: ([first, ...rest]) => [...(first === undefined ? [] : [{ ...first, ...backdated(first) }]), ...rest],
};

function backdated(batch: Batch): Pick<Batch, 'lines' | 'firstTimestamp' | 'lastTimestamp'> {
  const earlier = (text: string): string => text.replaceAll('"timestamp":"2026-', '"timestamp":"2025-');
  const time = (text: string): string => text.replace('2026-', '2025-');
  return {
    lines: Buffer.from(earlier(Buffer.from(batch.lines).toString())),
    firstTimestamp: time(batch.firstTimestamp),
    lastTimestamp: time(batch.lastTimestamp),
  };
}

let good: string;
let vkey: string;
let policy: Policy;
let seen: string;

beforeAll(async () => {
  good = await ledgerOf('good');
  vkey = readFileSync(join(good, 'ledger', 'vkey'), 'utf8').trim();
  const text = `log ${vkey}\nwitness w ${witness.vkey}\nquorum w\n`;
  const parsed = parsePolicy(nodeSha256, Buffer.from(text));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  policy = parsed.value;
  seen = cosigned(good);
});
afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

describe('whoever has the disk and the database, and not the key', () => {
  const TAMPERINGS: Readonly<Record<string, { readonly how: (dir: string) => void; readonly caughtBy: FindingCode }>> =
    {
      change: { how: (dir) => overwrite(dir, 20), caughtBy: 'frame-damaged' },
      drop: { how: (dir) => writeSegment(dir, (bytes) => bytes.subarray(400)), caughtBy: 'frame-damaged' },
      insert: {
        how: (dir) => writeSegment(dir, (bytes) => Buffer.concat([bytes, bytes])),
        caughtBy: 'segment-leftover',
      },
      reorder: {
        how: (dir) => writeSegment(dir, (bytes) => Buffer.from(bytes.toReversed())),
        caughtBy: 'frame-damaged',
      },
      truncate: { how: (dir) => writeSegment(dir, (bytes) => bytes.subarray(0, -20)), caughtBy: 'segment-missing' },
      'forge a prune': { how: (dir) => rmSync(segmentOf(dir)), caughtBy: 'frame-missing' },
      'swap segments': {
        how: (dir) => renameSync(segmentOf(dir), join(dir, SEGMENTS, '000000000001.ndjson.zst')),
        caughtBy: 'segment-leftover',
      },
      'sign anew': {
        how: (dir) => writeFileSync(join(dir, 'ledger/checkpoint'), seen.replace('\n3\n', '\n2\n')),
        caughtBy: 'checkpoint-damaged',
      },
    };
  const segmentOf = (dir: string): string => join(dir, SEGMENTS, readdirSync(join(dir, SEGMENTS))[0] ?? '');
  const writeSegment = (dir: string, make: (bytes: Buffer) => Uint8Array): void => {
    writeFileSync(segmentOf(dir), make(readFileSync(segmentOf(dir))));
  };
  const overwrite = (dir: string, at: number): void => {
    writeSegment(dir, (bytes) => {
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    });
  };

  test.each(Object.entries(TAMPERINGS))('can not %s: the ledger itself shows it', async (name, { how, caughtBy }) => {
    const dir = join(work, `disk ${name}`);
    cpSync(good, dir, { recursive: true });
    how(dir);
    const report = await verifyFolder(dir, { vkey, threads: 0 });
    expect(report.ok).toBe(false);
    expect(codes(report)).toContain(caughtBy);
  });
});

describe.each(['whoever has the signing key', 'the operator, before a witness saw it'])('%s', () => {
  test.each(Object.entries(REWRITES))(
    'can %s, and nothing in the ledger shows it; it says so; a checkpoint that was kept shows it',
    async (name, rewrite) => {
      const dir = await ledgerOf(`rewritten ${name} ${Math.random()}`, rewrite, good);
      const alone = await verifyFolder(dir, { vkey, threads: 0 });
      expect(alone).toMatchObject({ ok: true, trust: { isVouchedOutside: false } });
      const earlier = [{ file: 'kept', note: seen, from: 'auditor' }] as const;
      const held = await verifyFolder(dir, { vkey, earlier, threads: 0 });
      expect(held.ok).toBe(false);
      expect([...codes(held)]).toEqual([name === 'drop' ? 'witnessed-ahead' : 'witnessed-differs']);
    },
  );
});

describe('the operator, after a witness cosigned', () => {
  test('has a ledger that passes the auditor’s policy', async () => {
    const dir = join(work, 'witnessed');
    cpSync(good, dir, { recursive: true });
    keep(dir, seen);
    const report = await verifyFolder(dir, { policy, threads: 0 });
    expect(report).toMatchObject({ ok: true, trust: { quorum: 'met', witnessedSize: 3, isVouchedOutside: true } });
  });

  test.each([...Object.entries(REWRITES), ['fork', REWRITES['change'] ?? (() => [])] as const])(
    'can not %s: with the cosigned checkpoint the tree differs, without it the quorum is not met',
    async (name, rewrite) => {
      const dir = await ledgerOf(`operator ${name} ${Math.random()}`, rewrite, good);
      expect(codes(await verifyFolder(dir, { policy, threads: 0 }))).toEqual(new Set(['quorum-not-met']));
      keep(dir, seen);
      const caught = codes(await verifyFolder(dir, { policy, threads: 0 }));
      expect([...caught]).toEqual([name === 'drop' ? 'witnessed-ahead' : 'witnessed-differs']);
    },
  );

  test('can not put back an old state', async () => {
    const old = await ledgerOf('old state', (batches) => batches.slice(0, 1), good);
    const report = await verifyFolder(old, {
      policy,
      earlier: [{ file: 'kept', note: seen, from: 'auditor' }],
      threads: 0,
    });
    expect(codes(report)).toContain('witnessed-ahead');
  });
});

describe('a forged prune by whoever has the key', () => {
  test.each([
    ['of an age that was not reached', '180d', '0-2', 'pruned-unfounded'],
    ['of other blocks', '1h', '0-1', 'pruned-unfounded'],
  ] as const)('%s fails', async (name, age, blocks, caughtBy) => {
    const dir = await ledgerOf(`prune ${name}`, (batches) => [...batches, prunedBatch(age, blocks)], good);
    rmSync(join(dir, SEGMENTS, '000000000000.ndjson.zst'));
    const report = await verifyFolder(dir, { vkey, threads: 0 });
    expect([...codes(report)]).toEqual([caughtBy]);
    expect(report.sections).toMatchObject({ integrity: 'pass', retention: 'fail' });
  });

  test('in a class that others may write to fails, whatever it says', async () => {
    const dir = await ledgerOf('prune import', (batches) => [...batches, prunedBatch('1h', '0-2', 'own')], good);
    rmSync(join(dir, SEGMENTS, '000000000000.ndjson.zst'));
    expect([...codes(await verifyFolder(dir, { vkey, threads: 0 }))]).toEqual(['frame-missing']);
  });

  test('by a policy of an hour passes, and stands in the report for the auditor to judge', async () => {
    const dir = await ledgerOf('prune by policy', (batches) => [...batches, prunedBatch('1h', '0-2')], good);
    rmSync(join(dir, SEGMENTS, '000000000000.ndjson.zst'));
    const report = await verifyFolder(dir, { vkey, threads: 0 });
    expect(report).toMatchObject({ ok: true, pruned: [{ policy: '1h', records: 30, lastBlock: 2 }] });
  });
});
