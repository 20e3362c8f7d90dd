import { HASH_BYTES } from './limits.ts';
import { nodeHash } from './merkle-node.ts';
import type { Hash } from './sha256.ts';

export { leafHash, leafHasher, nodeHash } from './merkle-node.ts';
export type { Hash } from './sha256.ts';

/** How many perfect subtrees a tree of this size is made of: the one bits of its size. */
function subtreeCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) {
    count += rest % 2;
  }
  return count;
}

/**
 * An RFC 6962 tree that only grows, kept as the roots of its perfect subtrees, largest first: one hash for each one
 * bit of its size. So a tree of any size is continued from at most 53 hashes.
 */
export class CompactRange {
  readonly #hash: Hash;
  readonly #subtrees: Uint8Array[];
  #size: number;

  /**
   * An empty tree, or one continued from `state`, as `state()` gave it.
   * Throws a RangeError where the hashes are not as many as the size asks for, or not of 32 bytes.
   */
  constructor(hash: Hash, state: CompactRangeState = { size: 0, subtrees: [] }) {
    const fits =
      Number.isSafeInteger(state.size) &&
      state.size >= 0 &&
      state.subtrees.length === subtreeCount(state.size) &&
      state.subtrees.every((subtree) => subtree.length === HASH_BYTES);
    if (!fits) {
      throw new RangeError(`${state.subtrees.length} hashes do not make a tree of ${state.size} leaves`);
    }
    this.#hash = hash;
    this.#size = state.size;
    this.#subtrees = [...state.subtrees];
  }

  /** Leaves in the tree. */
  get size(): number {
    return this.#size;
  }

  /** Adds a leaf by its hash. Amortised one node hash a leaf. */
  append(leaf: Uint8Array): void {
    let node = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = this.#subtrees.pop();
      if (left === undefined) {
        throw new Error('a compact range lost one of its subtrees');
      }
      node = nodeHash(this.#hash, left, node);
    }
    this.#subtrees.push(node);
    this.#size += 1;
  }

  /** Root of the tree; the hash of nothing while it is empty. */
  root(): Uint8Array {
    const last = this.#subtrees.at(-1);
    if (last === undefined) {
      return this.#hash(new Uint8Array(0));
    }
    return this.#subtrees.slice(0, -1).reduceRight((right, left) => nodeHash(this.#hash, left, right), last);
  }

  /** What it takes to continue this tree later. */
  state(): CompactRangeState {
    return { size: this.#size, subtrees: [...this.#subtrees] };
  }
}

/** Leaves of a tree and the roots of its perfect subtrees, largest first. */
export type CompactRangeState = { readonly size: number; readonly subtrees: readonly Uint8Array[] };

/** Root of the tree over the given leaf hashes; the hash of nothing where there are none. */
export function rootOf(hash: Hash, leafHashes: readonly Uint8Array[]): Uint8Array {
  const range = new CompactRange(hash);
  for (const leaf of leafHashes) {
    range.append(leaf);
  }
  return range.root();
}
