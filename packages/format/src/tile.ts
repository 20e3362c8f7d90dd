import { HASH_BYTES, TILE_WIDTH } from './limits.ts';

/** Where a tile lies: its level (0 holds leaf hashes), its index there, and how many hashes it holds, 1 to 256. */
export type TileCoordinate = { readonly level: number; readonly index: number; readonly width: number };

const LEVEL_MAX = 63;

function checkWidth(index: number, width: number): void {
  if (!Number.isSafeInteger(index) || index < 0 || !Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
    throw new RangeError(`no tile ${index} of width ${width}`);
  }
}

/** C2SP tlog-tiles: three digits a path element, all but the last marked with an x; `.p/<W>` on partial tiles. */
function indexPath(index: number, width: number): string {
  checkWidth(index, width);
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const elements = padded.match(/\d{3}/g) ?? [];
  const path = elements.map((element, at) => (at === elements.length - 1 ? element : `x${element}`)).join('/');
  return width === TILE_WIDTH ? path : `${path}.p/${width}`;
}

/** Path of a tile of hashes below the log's folder. Throws a RangeError where there is no such tile. */
export function tilePath(level: number, index: number, width: number = TILE_WIDTH): string {
  if (!Number.isInteger(level) || level < 0 || level > LEVEL_MAX) {
    throw new RangeError(`no tile level ${level}`);
  }
  return `tile/${level}/${indexPath(index, width)}`;
}

/** Path of an entry bundle below the log's folder. Throws a RangeError where there is no such bundle. */
export function entriesPath(index: number, width: number = TILE_WIDTH): string {
  return `tile/entries/${indexPath(index, width)}`;
}

/** What a path names, `level` being 'entries' for a bundle; undefined for any path not written as above. */
export function parseTilePath(
  path: string,
): (Omit<TileCoordinate, 'level'> & { level: number | 'entries' }) | undefined {
  const parts = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (parts === null) {
    return undefined;
  }
  const level = parts[1] === 'entries' ? 'entries' : Number(parts[1]);
  const index = Number((parts[2] ?? '').replaceAll(/[x/]/g, ''));
  const width = parts[3] === undefined ? TILE_WIDTH : Number(parts[3]);
  if (!Number.isSafeInteger(index) || width < 1 || width > TILE_WIDTH || (level !== 'entries' && level > LEVEL_MAX)) {
    return undefined;
  }
  const written = level === 'entries' ? entriesPath(index, width) : tilePath(level, index, width);
  return written === path ? { level, index, width } : undefined;
}

/**
 * The tiles of a tree of `size` leaves, level by level, that a tree of the first `from` leaves has not: with `from` 0
 * all of them. The same coordinates with level 0 name the entry bundles.
 */
export function tilesOf(size: number, from: number = 0): TileCoordinate[] {
  const tiles: TileCoordinate[] = [];
  let hashes = size;
  let before = from;
  for (let level = 0; hashes > 0; level += 1) {
    if (hashes > before) {
      for (let index = Math.floor(before / TILE_WIDTH); index * TILE_WIDTH < hashes; index += 1) {
        tiles.push({ level, index, width: Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH) });
      }
    }
    hashes = Math.floor(hashes / TILE_WIDTH);
    before = Math.floor(before / TILE_WIDTH);
  }
  return tiles;
}

/** A tile's bytes: its hashes one after the other. */
export function encodeTile(hashes: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hashes.length * HASH_BYTES);
  for (const [at, hash] of hashes.entries()) {
    bytes.set(hash, at * HASH_BYTES);
  }
  return bytes;
}

/** The hashes of a tile's bytes; undefined where they are no 1 to 256 whole hashes. */
export function decodeTile(bytes: Uint8Array): Uint8Array[] | undefined {
  const width = bytes.length / HASH_BYTES;
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
    return undefined;
  }
  return Array.from({ length: width }, (_, at) => bytes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES));
}
