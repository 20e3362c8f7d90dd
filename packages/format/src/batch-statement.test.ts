import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchSigningInput, batchStatementHash, readSignedBatch } from './batch-statement.ts';
import type { SignedBatch } from './batch-statement.ts';
import { encodeBase64 } from './base64.ts';
import { BLOCK_RECORDS_MAX, MANIFEST_BATCH_BYTES_MAX, MANIFEST_BYTES_MAX } from './limits.ts';
import { batchEntryBytes, manifestLine, parseManifest } from './manifest.ts';
import type { BatchEntry, BlockManifest } from './manifest.ts';
import { nodeSha256 } from './node-crypto.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const base64 = (length: number) => bytes(length).map((raw) => encodeBase64(raw));
const hex = (length: number) => bytes(length).map((raw) => Buffer.from(raw).toString('hex'));
const size = fc.integer({ min: 0, max: 2 ** 52 });

const signedBatch: fc.Arbitrary<SignedBatch> = fc.record(
  {
    checkpoint: fc.record({ root: base64(32), size }),
    count: fc.integer({ min: 1, max: 250_000 }),
    first_seq: size,
    key: hex(8),
    lines_sha256: hex(32),
    previous: base64(32),
    signature: base64(64),
  },
  { requiredKeys: ['count', 'first_seq', 'key', 'lines_sha256', 'signature'] },
);

function manifestOf(batches: readonly BatchEntry[]): BlockManifest {
  return {
    v: 1,
    block: Number.MAX_SAFE_INTEGER,
    class: 'c'.repeat(64),
    count: batches.reduce((sum, { count }) => sum + count, 0),
    root: encodeBase64(new Uint8Array(32)),
    payload_bytes: 1,
    segment: 0,
    offset: Number.MAX_SAFE_INTEGER,
    frame_bytes: Number.MAX_SAFE_INTEGER,
    frame_sha256: '0'.repeat(64),
    first_timestamp: '2026-11-22T14:36:49.123456Z',
    last_timestamp: '2026-11-22T14:36:49.123456Z',
    sealed: '2026-11-22T14:36:49.123456Z',
    batches,
  };
}

function entryOf(signed: SignedBatch | undefined, from: number, count: number): BatchEntry {
  const entry = { observer: 'ö'.repeat(64), session: 's'.repeat(64), first_seq: from, count };
  const received = '2026-11-22T14:36:49.123456Z';
  return signed === undefined ? { ...entry, received } : { ...entry, received, signed };
}

test('a batch split over entries at any place is read back as it was signed, and an entry outside it is not', () => {
  fc.assert(
    fc.property(signedBatch, fc.nat(), (signed, at) => {
      const count = Math.min(signed.count, BLOCK_RECORDS_MAX);
      const cut = 1 + (at % count);
      const entries = [entryOf(signed, signed.first_seq, cut)];
      if (cut < count) entries.push(entryOf(signed, signed.first_seq + cut, count - cut));
      const manifest = parseManifest(manifestLine(manifestOf(entries)));
      expect(manifest).toMatchObject({ ok: true, value: { batches: entries } });
      expect(readSignedBatch(JSON.parse(JSON.stringify(signed)))).toEqual(signed);
      const outside = manifestOf([entryOf(signed, signed.first_seq + signed.count, 1)]);
      expect(parseManifest(manifestLine(outside)).ok).toBe(false);
    }),
  );
});

test('no two statements are signed as the same bytes', () => {
  const stream = fc.record({ observer: fc.string(), session: fc.string() });
  const wellFormed = stream.filter(({ observer, session }) => observer.isWellFormed() && session.isWellFormed());
  fc.assert(
    fc.property(wellFormed, signedBatch, wellFormed, signedBatch, (ofOne, one, ofOther, other) => {
      const isSame = JSON.stringify([ofOne, readSigned(one)]) === JSON.stringify([ofOther, readSigned(other)]);
      const [a, b] = [batchSigningInput(ofOne, one), batchSigningInput(ofOther, other)];
      expect(Buffer.from(a).equals(b)).toBe(isSame);
      expect(batchStatementHash(nodeSha256, ofOne, one)).toHaveLength(44);
    }),
  );
});

function readSigned({ signature: _signature, ...statement }: SignedBatch): Omit<SignedBatch, 'signature'> {
  return statement;
}

test('a manifest with as many entries as their bytes allow fits a bundle, whatever the numbers', () => {
  const most = Number.MAX_SAFE_INTEGER;
  const signed: SignedBatch = {
    checkpoint: { root: encodeBase64(new Uint8Array(32)), size: most },
    count: 250_000,
    first_seq: most - 250_000,
    key: '0'.repeat(16),
    lines_sha256: '0'.repeat(64),
    previous: encodeBase64(new Uint8Array(32)),
    signature: encodeBase64(new Uint8Array(64)),
  };
  for (const own of [undefined, signed]) {
    const entry = entryOf(own, most - 250_000, 8_192);
    const bound = batchEntryBytes(entry.observer, entry.session, own !== undefined);
    const one = manifestLine(manifestOf([entry])).length - manifestLine(manifestOf([])).length;
    expect(Buffer.byteLength(manifestLine(manifestOf([entry, entry])))).toBeLessThanOrEqual(
      Buffer.byteLength(manifestLine(manifestOf([entry]))) + bound,
    );
    expect(one).toBeLessThanOrEqual(bound);
    const entries = Array.from({ length: Math.floor(MANIFEST_BATCH_BYTES_MAX / bound) }, () => entry);
    expect(Buffer.byteLength(manifestLine(manifestOf(entries)))).toBeLessThanOrEqual(MANIFEST_BYTES_MAX);
  }
});
