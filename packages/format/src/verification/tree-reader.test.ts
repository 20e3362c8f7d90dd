import { describe, expect, test } from 'vitest';
import { leafHash, rootOf } from '../merkle.ts';
import { consistencyPath } from '../merkle-path.ts';
import { verifyConsistency } from '../merkle-verification.ts';
import { nodeSha256 } from '../node.ts';
import { hexOf } from '../verifier-key.ts';
import { TileEdge } from './tile-edge.ts';
import { TreeReader } from './tree-reader.ts';

const SIZE = 700;
const leaves = Array.from({ length: SIZE }, (_, at) => leafHash(nodeSha256, Uint8Array.of(at & 255, at >> 8)));

/** A reader over the tiles of a tree of SIZE leaves. */
function readerOf(): TreeReader {
  const tiles = new Map<string, Uint8Array>();
  const edge = new TileEdge(nodeSha256);
  for (const leaf of leaves) {
    for (const { name, bytes } of edge.append(leaf)) tiles.set(`${name.level}/${name.index}`, bytes);
  }
  for (const { name, bytes } of edge.partials()) tiles.set(`${name.level}/${name.index}`, bytes);
  return new TreeReader((level, index) => tiles.get(`${level}/${index}`), nodeSha256);
}

describe('a reader of tiles', () => {
  const reader = readerOf();

  test('gives the consistency path of the definition between any two sizes', () => {
    const sizes = [1, 2, 3, 7, 8, 100, 255, 256, 257, 511, 512, 513, 640, 699, 700];
    for (const size of sizes) {
      const tree = leaves.slice(0, size);
      for (let from = 1; from <= size; from += from < 10 ? 1 : 37) {
        const path = reader.consistencyPath(from, size);
        expect(path?.map(hexOf), `${from} to ${size}`).toEqual(consistencyPath(nodeSha256, tree, from).map(hexOf));
        const roots = { root1: rootOf(nodeSha256, leaves.slice(0, from)), root2: rootOf(nodeSha256, tree) };
        expect(verifyConsistency(nodeSha256, { size1: from, size2: size, ...roots, path: path ?? [] })).toBe(true);
      }
    }
  });

  test('gives nothing where a tile is missing', () => {
    const empty = new TreeReader(() => undefined, nodeSha256);
    expect(empty.consistencyPath(3, 5)).toBeUndefined();
    expect(empty.consistencyPath(5, 5)).toEqual([]);
    expect(empty.inclusionPath(3, 5)).toBeUndefined();
  });
});
