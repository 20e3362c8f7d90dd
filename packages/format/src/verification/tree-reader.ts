import { HASH_BYTES, TILE_WIDTH } from '../limits.ts';
import { nodeHash } from '../merkle-node.ts';
import type { Hash } from '../sha256.ts';

/** The stored bytes of a tile; undefined where it can't be had. */
export type ReadTile = (level: number, index: number) => Uint8Array | undefined;

/** Levels of the tree that one tile spans (C2SP tlog-tiles). */
const TILE_HEIGHT = 8;

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}

/** Where RFC 6962 2.1 splits a tree of `size` leaves: the greatest power of two below it. */
function split(size: number): number {
  return 2 ** Math.ceil(Math.log2(size) - 1);
}

/** Roots and paths of a big log from its stored tiles, without its leaves. */
export class TreeReader {
  readonly #readTile: ReadTile;
  readonly #hash: Hash;

  constructor(readTile: ReadTile, hash: Hash) {
    this.#readTile = readTile;
    this.#hash = hash;
  }

  /** Root of the tree of the first `size` leaves; undefined where a tile is missing. */
  root(size: number): Uint8Array | undefined {
    return size === 0 ? this.#hash(new Uint8Array(0)) : this.#range(0, size);
  }

  /** Inclusion path of a leaf in the tree of the first `size` leaves, from the leaf up (RFC 9162 2.1.3.1). */
  inclusionPath(index: number, size: number): Uint8Array[] | undefined {
    const path: Uint8Array[] = [];
    let [low, high] = [0, size];
    while (high - low > 1) {
      const middle = low + split(high - low);
      const sibling = index < middle ? this.#range(middle, high) : this.#range(low, middle);
      if (sibling === undefined) return undefined;
      path.unshift(sibling);
      if (index < middle) high = middle;
      else low = middle;
    }
    return path;
  }

  /**
   * Consistency path from the tree of the first `from` leaves to that of the first `size`, 1 <= from <= size
   * (RFC 9162 2.1.4.1); undefined where a tile is missing.
   */
  consistencyPath(from: number, size: number): Uint8Array[] | undefined {
    const path: Uint8Array[] = [];
    let [low, high] = [0, size];
    // Down to where the old tree ends: what lies beside the way is what the reader lacks.
    while (from < high) {
      const middle = low + split(high - low);
      const sibling = from <= middle ? this.#range(middle, high) : this.#range(low, middle);
      if (sibling === undefined) return undefined;
      path.unshift(sibling);
      if (from <= middle) high = middle;
      else low = middle;
    }
    if (low === 0) return path; // the old tree itself, whose root the reader has
    const last = this.#range(low, high);
    return last === undefined ? undefined : [last, ...path];
  }

  #range(low: number, high: number): Uint8Array | undefined {
    const size = high - low;
    if (isPowerOfTwo(size)) return this.#perfect(Math.log2(size), low / size);
    const middle = low + split(size);
    const left = this.#range(low, middle);
    const right = this.#range(middle, high);
    return left === undefined || right === undefined ? undefined : nodeHash(this.#hash, left, right);
  }

  /** Root of the perfect subtree of 2^height leaves at `index` among those of its height. */
  #perfect(height: number, index: number): Uint8Array | undefined {
    const level = Math.floor(height / TILE_HEIGHT);
    const span = 2 ** (height % TILE_HEIGHT);
    const first = index * span;
    const tile = this.#readTile(level, Math.floor(first / TILE_WIDTH));
    const start = (first % TILE_WIDTH) * HASH_BYTES;
    if (tile === undefined || tile.length < start + span * HASH_BYTES) return undefined;
    let row: Uint8Array[] = [];
    for (let at = 0; at < span; at++) row.push(tile.subarray(start + at * HASH_BYTES, start + (at + 1) * HASH_BYTES));
    while (row.length > 1) {
      const above: Uint8Array[] = [];
      for (let at = 0; at + 1 < row.length; at += 2) {
        const [left, right] = [row[at], row[at + 1]];
        if (left !== undefined && right !== undefined) above.push(nodeHash(this.#hash, left, right));
      }
      row = above;
    }
    return row[0];
  }
}
