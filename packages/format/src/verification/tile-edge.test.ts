import { assert, integer, nat, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rootOf } from '../merkle.ts';
import { inclusionPath } from '../merkle-path.ts';
import { leafHash } from '../merkle-node.ts';
import { nodeSha256 } from '../node.ts';
import { hexOf } from '../verifier-key.ts';
import { TileEdge, partialTileNames } from './tile-edge.ts';
import type { Tile } from './tile-edge.ts';
import { TreeReader } from './tree-reader.ts';

const SIZE = 65_536 + 256 * 3 + 5;
const leaves = Array.from({ length: SIZE }, (_, index) =>
  leafHash(nodeSha256, new TextEncoder().encode(String(index))),
);

/** All tiles of a tree of `size`, by level and index. */
function tilesOf(size: number): { edge: TileEdge; tiles: Map<string, Tile> } {
  const edge = new TileEdge(nodeSha256);
  const tiles = new Map<string, Tile>();
  const keep = (tile: Tile): unknown => tiles.set(`${tile.name.level}/${tile.name.index}`, tile);
  for (const leaf of leaves.slice(0, size)) edge.append(leaf).forEach(keep);
  edge.partials().forEach(keep);
  return { edge, tiles };
}

describe('the right edge of tiles', () => {
  test('has the root of RFC 6962 at every size around a full tile, and resumes from its stored tiles', () => {
    for (const size of [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 700, SIZE - 1]) {
      const { edge, tiles } = tilesOf(size);
      expect(Buffer.from(edge.root()).equals(rootOf(nodeSha256, leaves.slice(0, size))), `size ${size}`).toBe(true);
      const levels: Uint8Array[] = [];
      for (const { level, index, width } of partialTileNames(size)) {
        const tile = tiles.get(`${level}/${index}`);
        expect(tile?.name.width).toBe(width);
        while (levels.length < level) levels.push(new Uint8Array(0));
        levels.push(tile?.bytes ?? new Uint8Array(0));
      }
      const resumed = new TileEdge(nodeSha256, size, levels);
      resumed.append(leaves[size] ?? new Uint8Array(32));
      expect(Buffer.from(resumed.root()).equals(rootOf(nodeSha256, leaves.slice(0, size + 1)))).toBe(true);
    }
  });

  test('gives inclusion paths and roots of smaller trees from tiles alone', () => {
    const { tiles } = tilesOf(700);
    const reader = new TreeReader((level, index) => tiles.get(`${level}/${index}`)?.bytes, nodeSha256);
    assert(
      property(integer({ min: 1, max: 700 }), nat(), (size, pick) => {
        const index = pick % size;
        const path = inclusionPath(nodeSha256, leaves.slice(0, size), index);
        expect(reader.inclusionPath(index, size)?.map(hexOf)).toEqual(path.map(hexOf));
        expect(Buffer.from(reader.root(size) ?? '').equals(rootOf(nodeSha256, leaves.slice(0, size)))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
