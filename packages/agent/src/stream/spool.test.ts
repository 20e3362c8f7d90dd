import { appendFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalLine } from '@portledger/format';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { newSessionId } from './session-id.ts';
import { wholePart } from './spool-recovery.ts';
import { Spool } from './spool.ts';

const session = newSessionId(1_795_358_209_000, new Uint8Array(6));

function line(seq: number, inSession = session): string {
  const timestamp = '2026-11-22T14:36:49.123456Z';
  return canonicalLine({
    v: 1,
    timestamp,
    action: 'connection-initiated',
    observer: 'h',
    observer_kind: 'agent',
    session: inSession,
    seq,
  });
}

function lines(from: number, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, index) => `${line(from + index)}\n`).join(''));
}

async function drain(spool: Spool, bytesMax?: number): Promise<string> {
  let text = '';
  for (;;) {
    const batch = await spool.next(bytesMax);
    if (batch === undefined) return text;
    text += batch.lines.toString();
    await spool.acknowledge(batch);
  }
}

describe('spool', () => {
  test('gives back what was appended, in order, over several files, and leaves none behind', async () => {
    await using folder = await scratchFolder();
    const spool = await Spool.open({ dir: folder.path, bytesMax: 1_000_000, segmentBytes: 1_000 });
    for (let seq = 0; seq < 50; seq += 5) {
      await spool.append(lines(seq, 5), { session, firstSeq: seq, records: 5 });
    }
    expect((await readdir(folder.path)).length).toBeGreaterThan(3);
    expect(spool.undeliveredRecords).toBe(50);
    expect(await drain(spool, 700)).toBe(lines(0, 50).toString());
    expect(spool.undeliveredRecords).toBe(0);
    await spool.close();
    expect(await readdir(folder.path)).toEqual([]);
  });

  test('a line longer than the batch is still given whole', async () => {
    await using folder = await scratchFolder();
    const spool = await Spool.open({ dir: folder.path, bytesMax: 1_000_000 });
    await spool.append(lines(0, 3), { session, firstSeq: 0, records: 3 });
    const batch = await spool.next(10);
    expect(batch?.lines.toString()).toBe(lines(0, 1).toString());
    await spool.close();
  });

  test('what is not acknowledged is there after a restart, byte for byte, and a torn tail is cut', async () => {
    await using folder = await scratchFolder();
    const first = await Spool.open({ dir: folder.path, bytesMax: 1_000_000 });
    await first.append(lines(0, 4), { session, firstSeq: 0, records: 4 });
    // Not closed: as after kill -9, and a half-written group behind it.
    const [file] = await readdir(folder.path);
    await appendFile(join(folder.path, file ?? ''), lines(4, 2).subarray(0, 100));
    const second = await Spool.open({ dir: folder.path, bytesMax: 1_000_000 });
    expect(second.undeliveredRecords).toBe(4);
    expect(second.tornBytes).toBe(100);
    expect(await drain(second)).toBe(lines(0, 4).toString());
    await second.close();
    await first.close().catch(() => {});
  });

  test('files that are no spool files are left alone', async () => {
    await using folder = await scratchFolder();
    await writeFile(join(folder.path, 'notes.txt'), 'x');
    const spool = await Spool.open({ dir: folder.path, bytesMax: 1_000 });
    expect(await spool.next()).toBeUndefined();
    await spool.close();
    expect(await readFile(join(folder.path, 'notes.txt'), 'utf8')).toBe('x');
  });

  test('says full at its bound and takes again only when a part is free', async () => {
    await using folder = await scratchFolder();
    const spool = await Spool.open({ dir: folder.path, bytesMax: 10_000, segmentBytes: 500 });
    let seq = 0;
    while (spool.hasRoom(200)) {
      await spool.append(lines(seq, 1), { session, firstSeq: seq, records: 1 });
      seq += 1;
    }
    let bytes = 0;
    for (const file of await readdir(folder.path)) bytes += (await stat(join(folder.path, file))).size;
    expect(bytes).toBeLessThanOrEqual(10_000);
    expect(bytes).toBeGreaterThan(9_000);
    await drain(spool);
    expect(spool.hasRoom(0)).toBe(true);
    await spool.close();
  });

  test('any cut of a file leaves exactly its whole lines', () => {
    const bytes = lines(0, 20);
    fc.assert(
      fc.property(fc.nat(bytes.length), (cut) => {
        const { size, records } = wholePart(bytes.subarray(0, cut), { session, firstSeq: 0 });
        expect(size).toBeLessThanOrEqual(cut);
        expect(bytes.subarray(0, size).toString()).toBe(lines(0, records).toString());
        expect(cut - size).toBeLessThan(lines(records, 1).length);
      }),
    );
  });

  test('any flipped bit cuts the file there: nothing damaged is sent', () => {
    const bytes = lines(0, 20);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        const { size } = wholePart(flipped, { session, firstSeq: 0 });
        // A flip inside a value may still read as a valid line; then it is the file's own business (disk checksums).
        if (size < bytes.length) expect(size).toBeLessThanOrEqual(at);
      }),
    );
  });
});

describe('a spool whose disk fails', () => {
  test('gives what it cannot read once it can, and forgets what it cannot remove', async () => {
    await using folder = await scratchFolder();
    const spool = await Spool.open({ dir: folder.path, bytesMax: 1_000_000 });
    await spool.append(lines(0, 4), { session, firstSeq: 0, records: 4 });
    const [file = ''] = await readdir(folder.path);
    const path = join(folder.path, file);
    await rename(path, `${path}.away`);
    await expect(spool.next()).rejects.toThrow('ENOENT');
    await rename(`${path}.away`, path);
    const batch = await spool.next();
    expect(batch?.lines.toString()).toBe(lines(0, 4).toString());
    await rm(path);
    await mkdir(path); // unlink(2) refuses a folder
    if (batch !== undefined) await spool.acknowledge(batch);
    await spool.close();
    expect(spool.undeliveredRecords).toBe(0);
  });

  test('does not keep a file whose name it could not make durable, and takes the lines at the next try', async () => {
    await using folder = await scratchFolder();
    const dir = join(folder.path, 'spool');
    const spool = await Spool.open({ dir, bytesMax: 1_000_000 });
    await rm(dir, { recursive: true });
    await expect(spool.append(lines(0, 2), { session, firstSeq: 0, records: 2 })).rejects.toThrow('ENOENT');
    await mkdir(dir);
    await spool.append(lines(0, 2), { session, firstSeq: 0, records: 2 });
    expect(await drain(spool)).toBe(lines(0, 2).toString());
    await spool.close();
  });
});
