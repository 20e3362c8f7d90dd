import { nodeHash } from './merkle-node.ts';
import type { Hash } from './sha256.ts';

/**
 * A whole RFC 6962 tree over some leaf hashes, kept level by level, so that many of its paths cost one hashing. A node
 * without a right neighbour stands in the level above as it is.
 */
export class MerkleLevels {
  readonly #levels: readonly (readonly Uint8Array[])[];

  constructor(hash: Hash, leafHashes: readonly Uint8Array[]) {
    const levels: (readonly Uint8Array[])[] = [leafHashes];
    let row = leafHashes;
    while (row.length > 1) {
      const above: Uint8Array[] = [];
      for (let at = 0; at < row.length; at += 2) {
        const [left, right] = [row[at], row[at + 1]];
        if (left !== undefined) above.push(right === undefined ? left : nodeHash(hash, left, right));
      }
      levels.push(above);
      row = above;
    }
    this.#levels = levels;
  }

  /**
   * Inclusion path of the leaf at an index, from the leaf up (RFC 9162, section 2.1.3.1).
   * Throws a RangeError where there is no such leaf.
   */
  path(index: number): Uint8Array[] {
    const count = this.#levels[0]?.length ?? 0;
    if (!Number.isSafeInteger(index) || index < 0 || index >= count) {
      throw new RangeError(`no leaf ${index} in a tree of ${count}`);
    }
    const path: Uint8Array[] = [];
    let place = index;
    for (const row of this.#levels) {
      const sibling = row[place % 2 === 0 ? place + 1 : place - 1];
      if (sibling !== undefined) path.push(sibling);
      place = Math.floor(place / 2);
    }
    return path;
  }
}
