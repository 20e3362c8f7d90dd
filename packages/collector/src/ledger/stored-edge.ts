import {
  TILE_WIDTH,
  TileEdge,
  bytesEqual,
  decodeEntryBundle,
  encodeEntryBundle,
  entriesPath,
  leafHash,
  partialTileNames,
  tilePath,
} from '@portledger/format';
import type { ReadTile, Stage, StageWrite } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import type { LedgerDisk } from './ledger-disk.ts';

const HASH_BYTES = 32;

/** The right edge of the tree as it lies on disk: partial tiles and the partial bundle's entries. */
export type StoredEdge = { readonly edge: TileEdge; readonly entries: readonly Uint8Array[] };

/**
 * Reads the right edge of a tree of `size` leaves back from disk and checks that its entries hash to its tiles.
 * undefined where a part is missing or doesn't fit: then nothing must be signed on top of it.
 */
export function readEdge(disk: LedgerDisk, size: number): StoredEdge | undefined {
  const levels: Uint8Array[] = [];
  for (const { level, index, width } of partialTileNames(size)) {
    const bytes = disk.read(tilePath(level, index, width));
    if (bytes?.length !== width * HASH_BYTES) return undefined;
    while (levels.length < level) levels.push(new Uint8Array(0));
    levels.push(bytes);
  }
  const width = size % TILE_WIDTH;
  const bundle = width === 0 ? new Uint8Array(0) : disk.read(entriesPath(Math.floor(size / TILE_WIDTH), width));
  const entries = bundle === undefined ? undefined : decodeEntryBundle(bundle);
  if (entries?.length !== width) return undefined;
  const leaves = width === 0 ? new Uint8Array(0) : levels[0];
  const fits = entries.every((entry, at) => {
    const stored = leaves?.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    return stored !== undefined && bytesEqual(leafHash(nodeSha256, entry), stored);
  });
  return fits ? { edge: new TileEdge(nodeSha256, size, levels), entries } : undefined;
}

/** Appends manifests to the edge and tells what publication must write and remove. Uses the edge up. */
export function stageFrom(stored: StoredEdge, manifests: readonly Uint8Array[]): Stage {
  const { edge } = stored;
  const fromSize = edge.size;
  const old = new Set(partialPaths(fromSize));
  const writes: StageWrite[] = [];
  let entries = [...stored.entries];
  for (const manifest of manifests) {
    entries.push(manifest);
    for (const tile of edge.append(leafHash(nodeSha256, manifest))) {
      writes.push({ path: tilePath(tile.name.level, tile.name.index), bytes: tile.bytes });
    }
    if (entries.length < TILE_WIDTH) continue;
    writes.push({ path: entriesPath(edge.size / TILE_WIDTH - 1), bytes: encodeEntryBundle(entries) });
    entries = [];
  }
  for (const { name, bytes } of edge.partials())
    writes.push({ path: tilePath(name.level, name.index, name.width), bytes });
  if (entries.length > 0) {
    writes.push({
      path: entriesPath(Math.floor(edge.size / TILE_WIDTH), entries.length),
      bytes: encodeEntryBundle(entries),
    });
  }
  const kept = new Set(partialPaths(edge.size));
  return {
    fromSize,
    size: edge.size,
    root: edge.root(),
    writes: writes.filter((write) => !old.has(write.path)), // an unchanged partial tile is there already
    removes: [...old].filter((path) => !kept.has(path)),
  };
}

/** Paths of the partial tiles and the partial bundle of a tree of `size` leaves. */
function partialPaths(size: number): string[] {
  const paths = partialTileNames(size).map(({ level, index, width }) => tilePath(level, index, width));
  const width = size % TILE_WIDTH;
  if (width > 0) paths.push(entriesPath(Math.floor(size / TILE_WIDTH), width));
  return paths;
}

/** The tiles of a tree of `size` leaves as they lie on disk. */
export function tilesOnDisk(disk: LedgerDisk, size: number): ReadTile {
  return (level, index) => {
    const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);
    return width < 1 ? undefined : disk.read(tilePath(level, index, width));
  };
}
