import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifyRecordProof } from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { openLedger } from './ledger.ts';
import type { Ledger, LedgerOptions, RecoveryNotice } from './ledger.ts';
import { sealedLines, testBatch, testLine } from './testing/test-batches.ts';
import { verifyFolder } from './verify-folder.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portledger-ledger-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function open(options: Partial<LedgerOptions> = {}): Promise<Ledger> {
  return openLedger({ dir, clock: () => Date.now() * 1_000, sealIntervalMs: 60_000, ...options });
}

/** Lines from a cursor on until `count` of them have come. */
async function followed(ledger: Ledger, count: number, from = { block: 0, position: 0 }): Promise<string[]> {
  const done = new AbortController();
  const lines: string[] = [];
  for await (const chunk of ledger.follow(from, done.signal)) {
    expect(chunk.lineEnds.length).toBe(chunk.count);
    expect(chunk.lineEnds.at(-1)).toBe(chunk.lines.length);
    let start = 0;
    for (const end of chunk.lineEnds) {
      lines.push(Buffer.from(chunk.lines.subarray(start, end - 1)).toString());
      start = end;
    }
    if (lines.length >= count) done.abort();
  }
  return lines;
}

function lines(session: string, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, at) => testLine(session, from + at));
}

describe('a ledger', () => {
  test('gives back what was appended, before and after sealing and reopening', async () => {
    const ledger = await open();
    const outcome = await ledger.append([testBatch('s1', 0, 5), testBatch('s1', 5, 5)]);
    expect(outcome).toMatchObject({
      ok: true,
      value: { accepted: 10, duplicates: 0, addresses: [{ block: 0, position: 0, count: 10 }] },
    });
    expect(await followed(ledger, 10)).toEqual(lines('s1', 0, 10));
    const live = await ledger.chunk(0);
    expect(live?.batches).toMatchObject([{ first_seq: 0, count: 10, position: 0 }]); // contiguous batches are one
    expect((await ledger.proof(0, 3)).ok).toBe(false);
    await ledger.seal();
    const sealed = await ledger.chunk(0);
    expect({ ...sealed, lines: Buffer.from(sealed?.lines ?? '') }).toEqual({
      ...live,
      sealed: true,
      lines: Buffer.from(live?.lines ?? ''),
    });
    await ledger.close();

    await using again = await open();
    expect(await followed(again, 7, { block: 0, position: 3 })).toEqual(lines('s1', 3, 10));
    expect(again.head()).toMatchObject({ records: 10, sealedBlocks: 1, durable: { block: 1, position: 0 } });
    expect(await again.append([testBatch('s1', 8, 4)])).toMatchObject({
      ok: true,
      value: { accepted: 2, duplicates: 2 },
    });
    expect(await followed(again, 2, { block: 1, position: 0 })).toEqual(lines('s1', 10, 12));
  });

  test('writes segments that zstdcat reads', async () => {
    const ledger = await open();
    await ledger.append([testBatch('s1', 0, 9_000)]);
    await ledger.close();
    const path = join(dir, 'ledger/segments/default/000000000000.ndjson.zst');
    const text = existsSync('/usr/bin/zstdcat')
      ? execFileSync('/usr/bin/zstdcat', [path], { maxBuffer: 64 << 20 }).toString()
      : zstdDecompressSync(readFileSync(path)).toString();
    expect(text.trimEnd().split('\n')).toEqual(lines('s1', 0, 9_000));
  });

  test('splits batches at the end of a block and proves any record of a log of many blocks', async () => {
    await using ledger = await open();
    for (let round = 0; round < 5; round++) {
      await ledger.append(Array.from({ length: 200 }, (_, at) => testBatch(`s${round}-${at}`, 0, 1)));
      await ledger.seal();
    }
    await ledger.append([testBatch('big', 0, 10_000)]);
    await ledger.seal();
    const { sealedBlocks, vkey } = ledger.head();
    expect(sealedBlocks).toBe(12);
    for (let block = 0; block < sealedBlocks; block++) {
      const proof = await ledger.proof(block, 70);
      if (!proof.ok) throw new Error(proof.fault.message);
      expect(await verifyRecordProof(proof.value, vkey, nodeSha256, nodeVerifyEd25519)).toMatchObject({ ok: true });
    }
    expect(await ledger.proof(99, 0)).toMatchObject({ fault: { code: 'not-found' } });
    expect((await verifyFolder(dir, { threads: 0 })).findings).toEqual([]);
  });

  test('goes on past a full tile, with one entry for batches that continue one another', async () => {
    const ledger = await open();
    for (let round = 0; round < 3; round++) {
      const batches = Array.from({ length: 12_800 }, (_, at) => testBatch(`s${at % 2}`, round * 6_400 + (at >> 1), 1));
      expect(await ledger.append(batches)).toMatchObject({ value: { accepted: 12_800 } });
      await ledger.seal();
    }
    expect(ledger.head().sealedBlocks).toBe(300);
    await ledger.append(Array.from({ length: 300 }, (_, at) => testBatch('s3', at, 1)));
    expect((await ledger.chunk(300))?.batches).toMatchObject([{ count: 300 }]);
    await ledger.seal();
    expect(existsSync(join(dir, 'ledger/tile/entries/000'))).toBe(true);
    expect(readdirSync(join(dir, 'ledger/tile/0/001.p'))).toEqual(['45']);
    for (const block of [0, 100, 255, 256, 299, 300]) {
      const proof = await ledger.proof(block, 7);
      if (!proof.ok) throw new Error(proof.fault.message);
      expect(await verifyRecordProof(proof.value, ledger.head().vkey, nodeSha256, nodeVerifyEd25519)).toMatchObject({
        ok: true,
      });
    }
    await ledger.close();
    rmSync(join(dir, 'cache'), { recursive: true });
    await using again = await open();
    expect(again.head().records).toBe(38_700);
    expect((await verifyFolder(dir, { threads: 1 })).findings).toEqual([]);
  }, 60_000);

  test('lets late records fill a hole, and skips what it holds', async () => {
    await using ledger = await open();
    await ledger.append([testBatch('s1', 5, 5)]);
    const holed = await verifyFolder(dir, { threads: 0 });
    // Nobody signs this stream: its hole is shown, and fails nothing.
    expect(holed.findings).toEqual([]);
    expect(holed.streams).toMatchObject([{ missing: 5, toldMissing: 0, isSigned: false }]);
    expect(await ledger.append([testBatch('s1', 3, 4)])).toMatchObject({ value: { accepted: 2, duplicates: 2 } });
    expect(await ledger.append([testBatch('s1', 0, 12)])).toMatchObject({ value: { accepted: 5, duplicates: 7 } });
    await ledger.seal();
    const report = await verifyFolder(dir, { threads: 0 });
    expect(report).toMatchObject({ ok: true, notes: [], counts: { records: 12 } });
  });

  test('shows records of two classes in the order of their addresses, soon and once', async () => {
    await using ledger = await open();
    const both = followed(ledger, 60);
    for (let first = 0; first < 30; first += 3) {
      await ledger.append([testBatch('s1', first, 3), testBatch('s2', first, 3, 'payment')]);
    }
    expect((await both).sort()).toEqual([...lines('s1', 0, 30), ...lines('s2', 0, 30)].sort());
  });

  test('keeps a second opener out, and its key to its owner', async () => {
    const ledger = await open();
    await expect(open()).rejects.toThrow(/in use by process/);
    await ledger.close();
    await (await open()).close();
    expect(statSync(join(dir, 'keys')).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, 'keys/ledger.key')).mode & 0o777).toBe(0o600);
  });

  test('refuses to run where the checkpoint is ahead of what is stored', async () => {
    const ledger = await open();
    await ledger.append([testBatch('s1', 0, 5)]);
    await ledger.close();
    const segment = join(dir, 'ledger/segments/default/000000000000.ndjson.zst');
    const bytes = readFileSync(segment);
    writeFileSync(segment, bytes.subarray(0, bytes.length - 1));
    await expect(open()).rejects.toThrow(/refusing to run/);
    writeFileSync(segment, bytes);
    rmSync(join(dir, 'ledger/tile/0/000.p/1'));
    await expect(open()).rejects.toThrow(/refusing to sign/);
  });

  test('discards a sessions snapshot that was changed', async () => {
    const ledger = await open();
    await ledger.append([testBatch('s1', 0, 5)]);
    await ledger.close();
    const cache = join(dir, 'cache/ledger-sessions.json');
    writeFileSync(cache, readFileSync(cache, 'utf8').replace(',5,', ',0,'));
    await using again = await open();
    expect(await again.append([testBatch('s1', 0, 5)])).toMatchObject({ value: { accepted: 0, duplicates: 5 } });
  });

  test('can be verified while it is written', async () => {
    await using ledger = await open({ sealIntervalMs: 5 });
    const stop = new AbortController();
    const writing = (async () => {
      for (let first = 0; !stop.signal.aborted; first += 10)
        await ledger.append([testBatch('s1', first, 10), testBatch('s2', first, 1 + (first % 10), 'payment')]);
    })();
    try {
      for (let round = 0; round < 8; round++) {
        const report = await verifyFolder(dir, { threads: 0 });
        expect(report.findings).toEqual([]);
      }
    } finally {
      stop.abort();
      await writing;
    }
  });

  test('rejects a batch that is not well formed, and writes nothing of it', async () => {
    await using ledger = await open();
    await expect(ledger.append([{ ...testBatch('s1', 0, 5), class: '../up' }])).rejects.toThrow(RangeError);
    await expect(ledger.append([{ ...testBatch('s1', 0, 5), count: 4 }])).rejects.toThrow(RangeError);
    expect(ledger.head().records).toBe(0);
  });
});

const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot)(
  'a full disk is told, loses nothing and mends when there is space (needs root for a tmpfs)',
  async () => {
    const mount = join(dir, 'small');
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', mount]);
    const notices: RecoveryNotice[] = [];
    try {
      const ledger = await openLedger({
        dir: mount,
        clock: () => Date.now() * 1_000,
        sealIntervalMs: 50,
        onNotice: (notice) => notices.push(notice),
      });
      writeFileSync(join(mount, 'ballast'), Buffer.alloc(2 << 20));
      const acknowledged: string[] = [];
      let first = 0;
      let fault: string | undefined;
      for (; fault === undefined; first += 200) {
        const outcome = await ledger.append([testBatch('s1', first, 200)]);
        if (outcome.ok) acknowledged.push(...lines('s1', first, first + 200));
        else fault = outcome.fault.code;
      }
      expect(fault).toBe('disk-full');
      rmSync(join(mount, 'ballast'));
      let mended = false;
      for (const deadline = Date.now() + 5_000; !mended && Date.now() < deadline;) {
        const outcome = await ledger.append([testBatch('s2', 0, 10)]);
        mended = outcome.ok;
        if (!mended) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(mended).toBe(true);
      await ledger.close();
      expect((await verifyFolder(mount, { threads: 0 })).findings).toEqual([]);
      const held = sealedLines((path) => readFileSync(join(mount, 'ledger', path)));
      expect(held.sort()).toEqual([...acknowledged, ...lines('s2', 0, 10)].sort());
      expect(readdirSync(join(mount, 'ledger/journal'))).toEqual([]);
    } finally {
      execFileSync('umount', ['-l', mount]);
    }
  },
);
