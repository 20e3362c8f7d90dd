import { MERKLE_PATH_MAX } from './limits.ts';
import { nodeHash } from './merkle-node.ts';
import { bytesEqual, half, isHash, isOdd, isSize, verifyInclusion } from './merkle-verification.ts';
import type { Hash } from './sha256.ts';

/** Leaves [start, end) of a tree; a subtree where `start` is a multiple of the power of two that holds them. */
export type SubtreeRange = { readonly start: number; readonly end: number };

export type SubtreeInclusionProof = SubtreeRange & {
  readonly leafHash: Uint8Array;
  readonly index: number;
  readonly path: readonly Uint8Array[];
  readonly root: Uint8Array;
};

export type SubtreeConsistencyProof = SubtreeRange & {
  readonly size: number;
  readonly subtreeRoot: Uint8Array;
  readonly root: Uint8Array;
  readonly path: readonly Uint8Array[];
};

/** Whether a range is a subtree (draft-ietf-plants-merkle-tree-certs, section 4.1). An empty one is. */
export function isSubtree({ start, end }: SubtreeRange): boolean {
  if (!isSize(start) || !isSize(end) || start > end) {
    return false;
  }
  let width = 1;
  while (width < end - start) {
    width *= 2;
  }
  return start % width === 0;
}

/** Whether a leaf is in a subtree of the given root. Any input may be hostile. */
export function verifySubtreeInclusion(hash: Hash, proof: SubtreeInclusionProof): boolean {
  const { start, end, index, leafHash, path, root } = proof;
  return (
    isSubtree(proof) &&
    Number.isSafeInteger(index) &&
    verifyInclusion(hash, { leafHash, index: index - start, size: end - start, path, root })
  );
}

/** Whether a subtree of the given root is part of a tree (the same draft, section 4.4.3). Any input may be hostile. */
export function verifySubtreeConsistency(hash: Hash, proof: SubtreeConsistencyProof): boolean {
  const { start, end, size, subtreeRoot, root, path } = proof;
  if (!isSubtree(proof) || !isSize(size) || end > size || path.length > MERKLE_PATH_MAX) {
    return false;
  }
  if (start === end) {
    return path.length === 0 && bytesEqual(subtreeRoot, hash(new Uint8Array(0)));
  }
  if (start === 0 && end === size) {
    return path.length === 0 && bytesEqual(subtreeRoot, root);
  }
  return isHash(subtreeRoot) && isHash(root) && path.every(isHash) && climbs(hash, proof);
}

function climbs(hash: Hash, { start, end, size, subtreeRoot, root, path }: SubtreeConsistencyProof): boolean {
  let fn = start;
  let sn = end - 1;
  let tn = size - 1;
  function up(): void {
    fn = half(fn);
    sn = half(sn);
    tn = half(tn);
  }
  // At the tree's right edge sn and tn stay the same on the way up, so the first of these is a choice made once.
  while (fn !== sn && (sn === tn || isOdd(sn))) {
    up();
  }
  // Where the subtree is a node of the tree its root starts the climb, and the path leaves it out.
  const [first, ...rest] = fn === sn ? [subtreeRoot, ...path] : path;
  if (first === undefined) {
    return false;
  }
  let node1 = first;
  let node2 = first;
  for (const sibling of rest) {
    if (tn === 0) {
      return false;
    }
    if (isOdd(sn) || sn === tn) {
      node1 = fn < sn ? nodeHash(hash, sibling, node1) : node1;
      node2 = nodeHash(hash, sibling, node2);
      while (!isOdd(sn) && sn !== 0) {
        up();
      }
    } else {
      node2 = nodeHash(hash, node2, sibling);
    }
    up();
  }
  return tn === 0 && bytesEqual(node1, subtreeRoot) && bytesEqual(node2, root);
}
