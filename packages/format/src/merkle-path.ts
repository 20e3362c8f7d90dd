import { rootOf } from './merkle.ts';
import type { Hash } from './sha256.ts';

/** The largest power of two that is smaller than a size of at least 2: where RFC 6962 splits a tree. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) {
    split *= 2;
  }
  return split;
}

/**
 * Inclusion path of the leaf at an index, from the leaf up (RFC 9162, section 2.1.3.1).
 * Throws a RangeError where there is no such leaf.
 */
export function inclusionPath(hash: Hash, leafHashes: readonly Uint8Array[], index: number): Uint8Array[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= leafHashes.length) {
    throw new RangeError(`no leaf ${index} in a tree of ${leafHashes.length}`);
  }
  if (leafHashes.length === 1) {
    return [];
  }
  const split = splitOf(leafHashes.length);
  const left = leafHashes.slice(0, split);
  const right = leafHashes.slice(split);
  return index < split
    ? [...inclusionPath(hash, left, index), rootOf(hash, right)]
    : [...inclusionPath(hash, right, index - split), rootOf(hash, left)];
}

/**
 * Consistency path from the tree of the first `size` leaves to the tree of all (RFC 9162, section 2.1.4.1).
 * Empty where both are the same. Throws a RangeError where `size` is 0 or more than there are leaves.
 */
export function consistencyPath(hash: Hash, leafHashes: readonly Uint8Array[], size: number): Uint8Array[] {
  if (!Number.isSafeInteger(size) || size < 1 || size > leafHashes.length) {
    throw new RangeError(`no tree of ${size} within a tree of ${leafHashes.length}`);
  }
  return subproof(hash, leafHashes, size, true);
}

/** SUBPROOF(m, D_n, b) of RFC 9162: `whole` says that the old tree is this very subtree, whose root the reader has. */
function subproof(hash: Hash, leafHashes: readonly Uint8Array[], size: number, whole: boolean): Uint8Array[] {
  if (size === leafHashes.length) {
    return whole ? [] : [rootOf(hash, leafHashes)];
  }
  const split = splitOf(leafHashes.length);
  const left = leafHashes.slice(0, split);
  const right = leafHashes.slice(split);
  return size <= split
    ? [...subproof(hash, left, size, whole), rootOf(hash, right)]
    : [...subproof(hash, right, size - split, false), rootOf(hash, left)];
}
