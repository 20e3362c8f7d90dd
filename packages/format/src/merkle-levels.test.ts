import { describe, expect, test } from 'vitest';
import { MerkleLevels } from './merkle-levels.ts';
import { inclusionPath } from './merkle-path.ts';
import { leafHash } from './merkle-node.ts';
import { nodeSha256 } from './node.ts';
import { hexOf } from './verifier-key.ts';

const leaves = Array.from({ length: 70 }, (_, at) => leafHash(nodeSha256, Uint8Array.of(at)));

describe('a tree kept level by level', () => {
  test('gives the same paths as the definition, for every leaf of every size to 70', () => {
    for (let size = 1; size <= leaves.length; size += 1) {
      const some = leaves.slice(0, size);
      const levels = new MerkleLevels(nodeSha256, some);
      for (let index = 0; index < size; index += 1) {
        expect(levels.path(index).map(hexOf)).toEqual(inclusionPath(nodeSha256, some, index).map(hexOf));
      }
    }
  });

  test.each([-1, 3, 0.5, Number.NaN])('refuses an index that no leaf has: %d', (index) => {
    expect(() => new MerkleLevels(nodeSha256, leaves.slice(0, 3)).path(index)).toThrow(RangeError);
    expect(() => new MerkleLevels(nodeSha256, []).path(0)).toThrow(RangeError);
  });
});
