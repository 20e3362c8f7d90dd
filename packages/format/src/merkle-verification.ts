import { HASH_BYTES, MERKLE_PATH_MAX } from './limits.ts';
import { nodeHash } from './merkle.ts';
import type { Hash } from './sha256.ts';

export type InclusionProof = {
  readonly leafHash: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly path: readonly Uint8Array[];
  readonly root: Uint8Array;
};

export type ConsistencyProof = {
  readonly size1: number;
  readonly size2: number;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  readonly path: readonly Uint8Array[];
};

/** Sizes and indexes go past 32 bits, so they are halved by division, not by shifts. */
export function half(value: number): number {
  return Math.floor(value / 2);
}

export function isOdd(value: number): boolean {
  return value % 2 === 1;
}

export function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES;
}

export function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Whether two byte strings are the same. Nothing here is secret, so time may tell where they differ. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** RFC 9162, section 2.1.3.2. Any input may be hostile; whatever is not a proof gives false. */
export function verifyInclusion(hash: Hash, proof: InclusionProof): boolean {
  const { index, size, path, root } = proof;
  if (!isSize(index) || !isSize(size) || index >= size || path.length > MERKLE_PATH_MAX) {
    return false;
  }
  if (!isHash(proof.leafHash) || !isHash(root) || !path.every(isHash)) {
    return false;
  }
  let node = proof.leafHash;
  let fn = index;
  let sn = size - 1;
  for (const sibling of path) {
    if (sn === 0) {
      return false;
    }
    if (isOdd(fn) || fn === sn) {
      node = nodeHash(hash, sibling, node);
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      node = nodeHash(hash, node, sibling);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && bytesEqual(node, root);
}

/**
 * RFC 9162, section 2.1.4.2. Any input may be hostile; whatever is not a proof gives false. A tree is consistent with
 * itself by an empty path. From the empty tree there is nothing to prove, so that gives false.
 */
export function verifyConsistency(hash: Hash, proof: ConsistencyProof): boolean {
  const { size1, size2, root1, root2, path } = proof;
  if (!isSize(size1) || !isSize(size2) || size1 < 1 || size1 > size2 || path.length > MERKLE_PATH_MAX) {
    return false;
  }
  if (size1 === size2) {
    return path.length === 0 && bytesEqual(root1, root2);
  }
  return isHash(root1) && isHash(root2) && path.every(isHash) && climbsToBoth(hash, proof);
}

/** Steps 2 to 6 of section 2.1.4.2, for a first tree that is neither empty nor the whole. */
function climbsToBoth(hash: Hash, { size1, size2, root1, root2, path }: ConsistencyProof): boolean {
  let fn = size1 - 1;
  let sn = size2 - 1;
  while (isOdd(fn)) {
    fn = half(fn);
    sn = half(sn);
  }
  // Where the first tree is a perfect subtree of the second its root starts the climb, and the path leaves it out.
  const [first, ...rest] = fn === 0 ? [root1, ...path] : path;
  if (first === undefined) {
    return false;
  }
  let node1 = first;
  let node2 = first;
  for (const sibling of rest) {
    if (sn === 0) {
      return false;
    }
    if (isOdd(fn) || fn === sn) {
      node1 = nodeHash(hash, sibling, node1);
      node2 = nodeHash(hash, sibling, node2);
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      node2 = nodeHash(hash, node2, sibling);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && bytesEqual(node1, root1) && bytesEqual(node2, root2);
}
