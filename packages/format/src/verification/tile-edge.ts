import { TILE_WIDTH } from '../limits.ts';
import { nodeHash } from '../merkle-node.ts';
import type { Hash } from '../sha256.ts';
import type { TileCoordinate } from '../tile.ts';
import { decodeTile, encodeTile } from '../tile.ts';

/** A tile and its concatenated hashes. */
export type Tile = { readonly name: TileCoordinate; readonly bytes: Uint8Array };

/** Root over hashes of perfect subtrees of one height, the last of which may be smaller (RFC 6962 2.1). */
function fold(hash: Hash, nodes: readonly Uint8Array[]): Uint8Array | undefined {
  let row = nodes;
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < row.length; at += 2) {
      const left = row[at];
      const right = row[at + 1];
      if (left === undefined) break;
      above.push(right === undefined ? left : nodeHash(hash, left, right));
    }
    row = above;
  }
  return row[0];
}

/**
 * The right edge of the log's tree as C2SP tlog-tiles stores it: for each level the hashes of its partial tile.
 * That is all one needs to append leaves, to write the tiles they change and to know the root.
 */
export class TileEdge {
  readonly #hash: Hash;
  readonly #levels: Uint8Array[][] = [];
  #size: number;

  /** `levels[l]` holds the `floor(size / 256^l) mod 256` hashes of level l's partial tile, 32 bytes each. */
  constructor(hash: Hash, size = 0, levels: readonly Uint8Array[] = []) {
    this.#hash = hash;
    this.#size = size;
    for (const bytes of levels) this.#levels.push(bytes.length === 0 ? [] : (decodeTile(bytes) ?? []));
  }

  get size(): number {
    return this.#size;
  }

  /** Appends one leaf's hash and returns the tiles that it made full, lowest level first. */
  append(leaf: Uint8Array): Tile[] {
    const full: Tile[] = [];
    let rising = leaf;
    this.#size += 1;
    for (let level = 0; ; level++) {
      const row = (this.#levels[level] ??= []);
      row.push(rising);
      if (row.length < TILE_WIDTH) return full;
      const index = Math.floor(this.#size / TILE_WIDTH ** (level + 1)) - 1;
      full.push({ name: { level, index, width: TILE_WIDTH }, bytes: encodeTile(row) });
      const root = fold(this.#hash, row);
      if (root === undefined) throw new Error('a full tile has a root');
      rising = root;
      this.#levels[level] = [];
    }
  }

  /** The partial tiles of this size, lowest level first; empty ones are not tiles. */
  partials(): Tile[] {
    const tiles: Tile[] = [];
    this.#levels.forEach((row, level) => {
      if (row.length === 0) return;
      const index = Math.floor(this.#size / TILE_WIDTH ** (level + 1));
      tiles.push({ name: { level, index, width: row.length }, bytes: encodeTile(row) });
    });
    return tiles;
  }

  /** RFC 6962 root; of the empty tree, the hash of nothing. */
  root(): Uint8Array {
    let right: Uint8Array | undefined;
    for (const row of this.#levels) right = fold(this.#hash, right === undefined ? row : [...row, right]) ?? right;
    return right ?? this.#hash(new Uint8Array(0));
  }
}

/** The partial tiles that a tree of `size` leaves has, lowest level first. */
export function partialTileNames(size: number): TileCoordinate[] {
  const names: TileCoordinate[] = [];
  for (let level = 0, span = 1; span <= size; level++, span *= TILE_WIDTH) {
    const width = Math.floor(size / span) % TILE_WIDTH;
    if (width > 0) names.push({ level, index: Math.floor(size / (span * TILE_WIDTH)), width });
  }
  return names;
}
