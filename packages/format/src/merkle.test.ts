import * as fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeBase64 } from './base64.ts';
import { isJsonObject } from './json-value.ts';
import { consistencyPath, inclusionPath } from './merkle-path.ts';
import { verifySubtreeConsistency, verifySubtreeInclusion } from './merkle-subtree.ts';
import { verifyConsistency, verifyInclusion } from './merkle-verification.ts';
import { CompactRange, leafHash, leafHasher, rootOf } from './merkle.ts';
import { nodeSha256 } from './node.ts';

const CORPUS = new URL('../../../../shared/corpora/tlog/merkle/testdata/', import.meta.url).pathname;

type Case = Readonly<Record<string, unknown>>;

function casesOf(folder: string): [string, Case][] {
  return readdirSync(join(CORPUS, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      const value: unknown = JSON.parse(readFileSync(join(CORPUS, folder, name), 'utf8'));
      return [name, isJsonObject(value) ? value : {}];
    });
}

/** Base64 as Go's encoding/json writes bytes: null is none. Some cases carry malformed lengths on purpose. */
function bytesOf(value: unknown): Uint8Array {
  const bytes = value === null ? new Uint8Array(0) : decodeBase64(typeof value === 'string' ? value : '?');
  if (bytes === undefined) {
    throw new Error(`no base64: ${JSON.stringify(value)}`);
  }
  return bytes;
}

function pathOf(value: unknown): Uint8Array[] {
  return Array.isArray(value) ? value.map((item) => bytesOf(item)) : [];
}

function inclusionOf(value: Case): Parameters<typeof verifyInclusion>[1] {
  const { leafIdx, treeSize, root, proof } = value;
  return {
    index: Number(leafIdx),
    size: Number(treeSize),
    root: bytesOf(root),
    leafHash: bytesOf(value['leafHash']),
    path: pathOf(proof),
  };
}

function consistencyOf(value: Case): Parameters<typeof verifyConsistency>[1] {
  const { size1, size2, root1, root2, proof } = value;
  return {
    size1: Number(size1),
    size2: Number(size2),
    root1: bytesOf(root1),
    root2: bytesOf(root2),
    path: pathOf(proof),
  };
}

describe('the published cases', () => {
  test('of inclusion', () => {
    const cases = casesOf('inclusion');
    expect(cases.length).toBeGreaterThan(90);
    for (const [name, value] of cases) {
      expect(verifyInclusion(nodeSha256, inclusionOf(value)), name).toBe(value['wantErr'] !== true);
    }
  });

  test('of consistency', () => {
    const cases = casesOf('consistency');
    expect(cases.length).toBeGreaterThan(90);
    for (const [name, value] of cases) {
      expect(verifyConsistency(nodeSha256, consistencyOf(value)), name).toBe(value['wantErr'] !== true);
    }
  });
});

describe('the published cases of subtrees', () => {
  test('of inclusion', () => {
    const cases = casesOf('subtreeinclusion');
    expect(cases.length).toBeGreaterThan(200);
    for (const [name, value] of cases) {
      const { leafIdx, start, end, root, proof } = value;
      const verified = verifySubtreeInclusion(nodeSha256, {
        index: Number(leafIdx),
        start: Number(start),
        end: Number(end),
        root: bytesOf(root),
        leafHash: bytesOf(value['leafHash']),
        path: pathOf(proof),
      });
      expect(verified, name).toBe(value['wantErr'] !== true);
    }
  });

  test('of consistency', () => {
    const cases = casesOf('subtreeconsistency');
    expect(cases.length).toBeGreaterThan(110);
    for (const [name, value] of cases) {
      const { start, end, size, root1, root2, proof } = value;
      const verified = verifySubtreeConsistency(nodeSha256, {
        start: Number(start),
        end: Number(end),
        size: Number(size),
        subtreeRoot: bytesOf(root1),
        root: bytesOf(root2),
        path: pathOf(proof),
      });
      expect(verified, name).toBe(value['wantErr'] !== true);
    }
  });
});

const LEAVES = Array.from({ length: 300 }, (_, index) => leafHash(nodeSha256, Uint8Array.of(index, index >>> 8)));

/** The subtree proof of the draft, section 4.4.1, written as plainly as it stands there. */
function subtreePath(leaves: readonly Uint8Array[], start: number, end: number, known = true): Uint8Array[] {
  if (start === 0 && end === leaves.length) {
    return known ? [] : [rootOf(nodeSha256, leaves)];
  }
  const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  const left = leaves.slice(0, split);
  const right = leaves.slice(split);
  if (end <= split) {
    return [...subtreePath(left, start, end, known), rootOf(nodeSha256, right)];
  }
  return start >= split
    ? [...subtreePath(right, start - split, end - split, known), rootOf(nodeSha256, left)]
    : [...subtreePath(right, 0, end - split, false), rootOf(nodeSha256, left)];
}

/** A path with one bit changed, one hash taken out, or one put in. */
function damaged(path: readonly Uint8Array[], at: number, how: 'flip' | 'drop' | 'add'): Uint8Array[] | undefined {
  const copy = path.map((hash) => Uint8Array.from(hash));
  if (how === 'add') {
    return copy.toSpliced(at % (path.length + 1), 0, new Uint8Array(32));
  }
  if (path.length === 0) {
    return undefined;
  }
  if (how === 'drop') {
    return copy.toSpliced(at % path.length, 1);
  }
  const node = copy[at % path.length];
  if (node !== undefined) {
    node[at % 32] = (node[at % 32] ?? 0) ^ (1 << (at % 8));
  }
  return copy;
}

const anyDamage = fc.tuple(fc.nat(), fc.constantFrom('flip' as const, 'drop' as const, 'add' as const));

describe('trees of any size up to 300', () => {
  test('give inclusion paths that verify, and no other path does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), anyDamage, (size, place, [at, how]) => {
        const leaves = LEAVES.slice(0, size);
        const index = place % size;
        const root = rootOf(nodeSha256, leaves);
        const path = inclusionPath(nodeSha256, leaves, index);
        const proof = { leafHash: leaves[index] ?? root, index, size, path, root };
        expect(verifyInclusion(nodeSha256, proof)).toBe(true);
        const other = damaged(path, at, how);
        expect(other !== undefined && verifyInclusion(nodeSha256, { ...proof, path: other })).toBe(false);
        expect(verifyInclusion(nodeSha256, { ...proof, index: (index + 1) % size })).toBe(size === 1);
        expect(verifyInclusion(nodeSha256, { ...proof, leafHash: leafHash(nodeSha256, new Uint8Array(3)) })).toBe(
          false,
        );
      }),
    );
  });

  test('give consistency paths that verify, and no other path does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), anyDamage, (size2, place, [at, how]) => {
        const leaves = LEAVES.slice(0, size2);
        const size1 = 1 + (place % size2);
        const root1 = rootOf(nodeSha256, leaves.slice(0, size1));
        const root2 = rootOf(nodeSha256, leaves);
        const path = consistencyPath(nodeSha256, leaves, size1);
        const proof = { size1, size2, root1, root2, path };
        expect(verifyConsistency(nodeSha256, proof)).toBe(true);
        const other = damaged(path, at, how);
        expect(other !== undefined && verifyConsistency(nodeSha256, { ...proof, path: other })).toBe(false);
        const root3 = rootOf(nodeSha256, leaves.toReversed());
        expect(verifyConsistency(nodeSha256, { ...proof, root2: root3 })).toBe(size2 === 1);
      }),
    );
  });

  test('give subtree paths that verify, and no other path does', () => {
    const anyRange = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.nat(), fc.nat());
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), anyRange, anyDamage, (size, [height, place, length], [at, how]) => {
        const width = 2 ** height;
        const start = (place % Math.ceil(size / width)) * width;
        const end = start + Math.min(1 + (length % width), size - start);
        const leaves = LEAVES.slice(0, size);
        const path = subtreePath(leaves, start, end);
        const subtreeRoot = rootOf(nodeSha256, leaves.slice(start, end));
        const proof = { start, end, size, subtreeRoot, root: rootOf(nodeSha256, leaves), path };
        expect(verifySubtreeConsistency(nodeSha256, proof)).toBe(true);
        const other = damaged(path, at, how);
        expect(other !== undefined && verifySubtreeConsistency(nodeSha256, { ...proof, path: other })).toBe(false);
      }),
    );
  });

  test('are continued from their compact range', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.nat(), (size, place) => {
        const cut = place % (size + 1);
        const before = new CompactRange(nodeSha256);
        LEAVES.slice(0, cut).forEach((leaf) => before.append(leaf));
        const after = new CompactRange(nodeSha256, before.state());
        LEAVES.slice(cut, size).forEach((leaf) => after.append(leaf));
        expect(after.size).toBe(size);
        expect(after.root()).toEqual(rootOf(nodeSha256, LEAVES.slice(0, size)));
      }),
    );
  });
});

test('hostile numbers are no proof, and no endless work', () => {
  const hash = new Uint8Array(32);
  for (const number of [-1, 0.5, Number.NaN, Infinity, 2 ** 53, 2 ** 60]) {
    const inclusion = { leafHash: hash, root: hash, path: [] };
    expect(verifyInclusion(nodeSha256, { ...inclusion, index: number, size: 2 ** 53 - 1 })).toBe(false);
    expect(verifyInclusion(nodeSha256, { ...inclusion, index: 0, size: number })).toBe(false);
    const consistency = { root1: hash, root2: hash, path: [hash] };
    expect(verifyConsistency(nodeSha256, { ...consistency, size1: number, size2: 9 })).toBe(false);
    expect(verifyConsistency(nodeSha256, { ...consistency, size1: 1, size2: number })).toBe(false);
    expect(
      verifySubtreeConsistency(nodeSha256, { start: 0, end: number, size: 9, subtreeRoot: hash, root: hash, path: [] }),
    ).toBe(false);
  }
});

test('a leaf hasher over ranges gives what leafHash gives, and a compact range refuses a wrong state', () => {
  const hashRange = leafHasher(nodeSha256);
  const bytes = new Uint8Array(5000).map((_, at) => at);
  for (const [start, end] of [
    [0, 0],
    [3, 900],
    [0, 5000],
    [1, 2],
  ] as const) {
    expect(hashRange(bytes, start, end)).toEqual(leafHash(nodeSha256, bytes.subarray(start, end)));
  }
  expect(() => new CompactRange(nodeSha256, { size: 3, subtrees: [new Uint8Array(32)] })).toThrow(RangeError);
  expect(() => inclusionPath(nodeSha256, LEAVES, 300)).toThrow(RangeError);
  expect(() => consistencyPath(nodeSha256, LEAVES, 0)).toThrow(RangeError);
});
