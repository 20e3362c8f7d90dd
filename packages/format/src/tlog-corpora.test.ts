import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { verifyCheckpoint } from './checkpoint.ts';
import { verifyCosignature } from './cosignature.ts';
import { decodeEntryBundle, encodeEntryBundle } from './entry-bundle.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { CompactRange, leafHash, rootOf } from './merkle.ts';
import { consistencyPath, inclusionPath } from './merkle-path.ts';
import { verifyConsistency, verifyInclusion } from './merkle-verification.ts';
import { nodeSha256, nodeVerifyEd25519 } from './node.ts';
import { parseNote } from './signed-note.ts';
import { decodeTile, encodeTile, entriesPath, parseTilePath, tilePath, tilesOf } from './tile.ts';
import { parseVerifierKey } from './verifier-key.ts';
import { webCryptoVerifyEd25519 } from './web-crypto.ts';

const TLOG = new URL('../../../../shared/corpora/tlog/', import.meta.url).pathname;
/** The published key of Tessera's test log (its README and tests). */
const TESSERA_KEY = 'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx';

function bytesAt(path: string): Uint8Array {
  return new Uint8Array(readFileSync(TLOG + path));
}

function textAt(path: string): string {
  return readFileSync(TLOG + path, 'utf8');
}

async function tesseraCheckpoint(size: number) {
  const note = textAt(`tessera/log/checkpoint.${size}`);
  const checkpoint = await verifyCheckpoint(note, TESSERA_KEY, nodeSha256, nodeVerifyEd25519);
  if (!checkpoint.ok) {
    throw new Error(checkpoint.fault.message);
  }
  return { note, ...checkpoint.value };
}

describe('Tessera’s log', () => {
  test.each(Array.from({ length: 16 }, (_, size) => size))(
    'of %i entries verifies from its raw files',
    async (size) => {
      const checkpoint = await tesseraCheckpoint(size);
      expect(checkpoint.size).toBe(size);
      const leaves: Uint8Array[] = [];
      for (const { level, index, width } of tilesOf(size)) {
        expect([level, index, width]).toEqual([0, 0, size]);
        const tile = bytesAt(`tessera/log/${tilePath(level, index, width)}`);
        const bundle = bytesAt(`tessera/log/${entriesPath(index, width)}`);
        const entries = decodeEntryBundle(bundle) ?? [];
        leaves.push(...entries.map((entry) => leafHash(nodeSha256, entry)));
        expect(encodeEntryBundle(entries)).toEqual(bundle);
        expect(encodeTile(leaves)).toEqual(tile);
        expect(decodeTile(tile)).toEqual(leaves.map((leaf) => new Uint8Array(leaf)));
      }
      expect(leaves.length).toBe(size);
      expect(rootOf(nodeSha256, leaves)).toEqual(Buffer.from(checkpoint.root));
      for (let earlier = 1; earlier <= size; earlier += 1) {
        const before = await tesseraCheckpoint(earlier);
        const path = consistencyPath(nodeSha256, leaves, earlier);
        const proof = { size1: earlier, size2: size, root1: before.root, root2: checkpoint.root, path };
        expect(verifyConsistency(nodeSha256, proof)).toBe(true);
      }
      for (const [index, leaf] of leaves.entries()) {
        const path = inclusionPath(nodeSha256, leaves, index);
        expect(verifyInclusion(nodeSha256, { leafHash: leaf, index, size, path, root: checkpoint.root })).toBe(true);
      }
    },
  );

  test('has no checkpoint that stands with any one bit flipped', async () => {
    const note = bytesAt('tessera/log/checkpoint');
    for (let bit = 0; bit < note.length * 8; bit += 1) {
      const flipped = Uint8Array.from(note);
      flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(flipped);
      const verified = await verifyCheckpoint(text, TESSERA_KEY, nodeSha256, nodeVerifyEd25519);
      expect(verified.ok, `bit ${bit}`).toBe(false);
    }
  });

  test('verifies by Web Crypto too', async () => {
    const note = textAt('tessera/log/checkpoint');
    expect((await verifyCheckpoint(note, TESSERA_KEY, nodeSha256, webCryptoVerifyEd25519)).ok).toBe(true);
    const other = note.replace('\n15\n', '\n14\n');
    expect(await verifyCheckpoint(other, TESSERA_KEY, nodeSha256, webCryptoVerifyEd25519)).toMatchObject({
      ok: false,
      fault: { code: 'bad-signature' },
    });
  });
});

const MIRROR = 'sunlight/witness/mirror/000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706';

describe('Sunlight’s mirror', () => {
  test('has the root of its tiles, and just the tiles that its size asks for', () => {
    const note = parseNote(textAt(`${MIRROR}/checkpoint`));
    const checkpoint = parseCheckpoint(note.ok ? note.value.text : '');
    expect(checkpoint.ok && checkpoint.value.size).toBe(300);
    const range = new CompactRange(nodeSha256);
    for (const { level, index, width } of tilesOf(300)) {
      const hashes = decodeTile(bytesAt(`${MIRROR}/${tilePath(level, index, width)}`)) ?? [];
      expect(hashes.length).toBe(width);
      if (level === 0) {
        hashes.forEach((hash) => range.append(hash));
      } else {
        const below = decodeTile(bytesAt(`${MIRROR}/${tilePath(0, 0)}`)) ?? [];
        expect(new Uint8Array(rootOf(nodeSha256, below))).toEqual(hashes[0]);
      }
    }
    expect(checkpoint.ok && Buffer.from(checkpoint.value.root)).toEqual(range.root());
  });
});

describe('Sunlight’s checkpoints', () => {
  test.each([
    ['witness/000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706', 'witness/witness.v0.json'],
    [
      'witness/mirror/000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706',
      'witness/mirror/mirror.v0.json',
    ],
    ['witness2/88ad7a28caeb0b2aa890fdf0304c2fcaf59fca2ee140134ff8c1300bac493482', 'witness2/witness.v0.json'],
  ])('is cosigned by the witness of %s', async (folder, about) => {
    const description: { verifier_keys: string[] } = JSON.parse(textAt(`sunlight/${about}`));
    const key = parseVerifierKey(nodeSha256, description.verifier_keys[0] ?? '');
    if (!key.ok) {
      throw new Error(key.fault.message);
    }
    const cosigned = textAt(`sunlight/${folder}/checkpoint`);
    const verified = await verifyCosignature(cosigned, key.value, nodeVerifyEd25519);
    expect(verified).toEqual({ ok: true, value: { timeSeconds: 1_767_139_200 } });
    const altered = await verifyCosignature(cosigned.replace('\n300\n', '\n301\n'), key.value, nodeVerifyEd25519);
    expect(altered).toMatchObject({ ok: false, fault: { code: 'bad-signature' } });
    const plain = await verifyCosignature(textAt('sunlight/tree/checkpoint'), key.value, nodeVerifyEd25519);
    expect(plain).toMatchObject({ ok: false, fault: { code: 'not-signed-by-key' } });
  });
});

describe('tile paths', () => {
  test('are those of the specification', () => {
    expect(tilePath(0, 1_234_067)).toBe('tile/0/x001/x234/067');
    expect(tilePath(63, 0, 1)).toBe('tile/63/000.p/1');
    expect(entriesPath(1000, 255)).toBe('tile/entries/x001/000.p/255');
    const tiles = tilesOf(70_000);
    expect(tiles.filter(({ level }) => level === 0).length).toBe(274);
    expect(tiles.slice(-4)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 0, width: 256 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    expect(tilesOf(256)).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ]);
    expect(tilesOf(70_000, 69_999)).toEqual([{ level: 0, index: 273, width: 112 }]);
    expect(tilesOf(512, 511).map(({ level, index, width }) => [level, index, width])).toEqual([
      [0, 1, 256],
      [1, 0, 2],
    ]);
  });

  test('read back, and no other writing of them does', () => {
    for (const tile of tilesOf(300_000)) {
      expect(parseTilePath(tilePath(tile.level, tile.index, tile.width))).toEqual(tile);
    }
    expect(parseTilePath(entriesPath(7, 3))).toEqual({ level: 'entries', index: 7, width: 3 });
    for (const path of [
      'tile/0/0',
      'tile/00/000',
      'tile/64/000',
      'tile/0/000.p/256',
      'tile/0/000.p/0',
      'tile/0/000.p/01',
      'tile/0/x000/001',
      '/tile/0/000',
      'tile/0/000/',
    ]) {
      expect(parseTilePath(path), path).toBeUndefined();
    }
    expect(() => tilePath(64, 0)).toThrow(RangeError);
    expect(() => tilePath(0, 0, 257)).toThrow(RangeError);
    expect(() => entriesPath(-1)).toThrow(RangeError);
  });

  test('torn bundles and tiles are refused', () => {
    const bundle = encodeEntryBundle([new Uint8Array(3), new Uint8Array(0)]);
    expect(decodeEntryBundle(bundle)?.length).toBe(2);
    expect(decodeEntryBundle(bundle.subarray(0, 6))).toBeUndefined();
    expect(decodeEntryBundle(new Uint8Array(2 * 257))).toBeUndefined();
    expect(decodeTile(new Uint8Array(33))).toBeUndefined();
    expect(decodeTile(new Uint8Array(0))).toBeUndefined();
    expect(() => encodeEntryBundle([new Uint8Array(65_536)])).toThrow(RangeError);
  });
});
