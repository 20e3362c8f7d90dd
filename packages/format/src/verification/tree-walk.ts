import { decodeEntryBundle } from '../entry-bundle.ts';
import { TILE_WIDTH } from '../limits.ts';
import type { BlockManifest } from '../manifest.ts';
import { parseManifest } from '../manifest.ts';
import { leafHash } from '../merkle-node.ts';
import { bytesEqual } from '../merkle-verification.ts';
import { entriesPath, tilePath } from '../tile.ts';
import type { VerifyTools } from './ledger-files.ts';
import { TileEdge } from './tile-edge.ts';
import type { Tile } from './tile-edge.ts';
import type { TreeFiles } from './tree-files.ts';
import type { VerifyLog } from './verify-log.ts';

export type TreeWalkOptions = {
  readonly files: TreeFiles;
  readonly tools: VerifyTools;
  readonly log: VerifyLog;
  readonly size: number;
  readonly root: Uint8Array;
  readonly hasGrown: () => Promise<boolean>;
  /** Sizes up to this one of which the roots are wanted, and where they are put. */
  readonly sizes: ReadonlySet<number>;
  readonly roots: Map<number, Uint8Array>;
};

/**
 * Goes through all manifests of a tree in order, recomputes the tree from them, and compares every stored tile and
 * the root. Yields each manifest that can be read.
 */
export async function* walkTree(options: TreeWalkOptions): AsyncGenerator<BlockManifest, void> {
  const { tools, log, size, root, sizes, roots } = options;
  const edge = new TileEdge(tools.hash);
  if (sizes.has(0)) roots.set(0, edge.root());
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    for (const [at, entry] of (await bundleEntries(options, index, width)).entries()) {
      for (const tile of edge.append(leafHash(tools.hash, entry))) await compareTile(options, tile);
      if (sizes.has(edge.size)) roots.set(edge.size, edge.root());
      const block = index * TILE_WIDTH + at;
      const place = { file: entriesPath(index, width), block };
      const manifest = parseManifest(new TextDecoder().decode(entry));
      if (!manifest.ok) log.find('manifest-damaged', place, manifest.fault.message);
      else if (manifest.value.block !== block)
        log.find('manifest-damaged', place, `the manifest of block ${manifest.value.block} stands at ${block}`);
      else yield manifest.value;
    }
  }
  for (const tile of edge.partials()) await compareTile(options, tile);
  if (edge.size !== size || !bytesEqual(edge.root(), root)) {
    log.find(
      'root-mismatch',
      { file: 'checkpoint' },
      `the root over the ${edge.size} manifests is not the one signed for ${size}`,
    );
  }
}

async function bundleEntries(options: TreeWalkOptions, index: number, width: number): Promise<readonly Uint8Array[]> {
  const { files, log, hasGrown } = options;
  const bytes = await files.read(
    (of) => entriesPath(index, of),
    width,
    hasGrown,
    (wider) => cutBundle(wider, width),
  );
  const place = { file: entriesPath(index, width) };
  if (bytes === undefined) {
    log.find('entries-missing', place, 'the manifests of these blocks are missing, so their records can’t be verified');
    return [];
  }
  log.counts.tiles += 1;
  log.counts.bytes += bytes.length;
  const entries = decodeEntryBundle(bytes);
  if (entries?.length === width) return entries;
  log.find('entries-damaged', place, `the bundle holds ${entries?.length ?? 'no'} whole entries, not ${width}`);
  return entries?.slice(0, width) ?? [];
}

/** The bytes of a bundle's first entries. */
function cutBundle(bytes: Uint8Array, width: number): Uint8Array | undefined {
  const entries = decodeEntryBundle(bytes);
  if (entries === undefined || entries.length < width) return undefined;
  return bytes.slice(
    0,
    entries.slice(0, width).reduce((sum, entry) => sum + 2 + entry.length, 0),
  );
}

async function compareTile(options: TreeWalkOptions, tile: Tile): Promise<void> {
  const { files, log, hasGrown } = options;
  const { level, index, width } = tile.name;
  const bytes = await files.read(
    (of) => tilePath(level, index, of),
    width,
    hasGrown,
    (wider) => (wider.length < tile.bytes.length ? undefined : wider.slice(0, tile.bytes.length)),
  );
  const place = { file: tilePath(level, index, width) };
  if (bytes === undefined) {
    log.find('tile-missing', place, 'the tile is missing');
    return;
  }
  log.counts.tiles += 1;
  log.counts.bytes += bytes.length;
  if (!bytesEqual(bytes, tile.bytes)) log.find('tile-damaged', place, 'the tile is not what the manifests hash to');
}
