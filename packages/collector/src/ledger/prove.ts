import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TILE_WIDTH, TreeReader, encodeBase64, parseCheckpoint, parseNote, tilePath } from '@portledger/format';
import type { ReadTile, RecordProof } from '@portledger/format';
import { NodeLinesTree, nodeSha256 } from '@portledger/format/node';
import { MissingEdge } from './block-reader.ts';
import type { BlockReader, SealedBlock } from './block-reader.ts';
import { TILES_CACHED_MAX } from './limits.ts';

/** Reads tiles of the published tree; full ones, which never change, are kept. */
export class TileCache {
  readonly #folder: string;
  readonly #full = new Map<string, Uint8Array>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  tilesOf(size: number): ReadTile {
    return (level, index) => {
      const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);
      if (width < 1) return undefined;
      const path = tilePath(level, index, width);
      const cached = this.#full.get(path);
      if (cached !== undefined) return cached;
      const bytes = this.#read(path);
      if (bytes === undefined || width < TILE_WIDTH) return bytes;
      this.#full.set(path, bytes);
      const oldest = this.#full.keys().next().value;
      if (this.#full.size > TILES_CACHED_MAX && oldest !== undefined) this.#full.delete(oldest);
      return bytes;
    };
  }

  #read(path: string): Uint8Array | undefined {
    try {
      return readFileSync(join(this.#folder, path));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

function treeSize(checkpoint: string): number {
  const note = parseNote(checkpoint);
  const parsed = note.ok ? parseCheckpoint(note.value.text) : undefined;
  if (parsed?.ok !== true) throw new Error('the published checkpoint can’t be read back');
  return parsed.value.size;
}

/** The proof of one sealed record against the published checkpoint. Scribbles over the lines of `sealed`. */
export async function proveRecord(
  sealed: SealedBlock,
  position: number,
  from: { readonly reader: BlockReader; readonly tiles: TileCache; readonly checkpoint: string },
): Promise<RecordProof> {
  const { manifest, lines, lineEnds } = sealed;
  const size = treeSize(from.checkpoint);
  const start = position === 0 ? 0 : lineEnds[position - 1];
  const line = Buffer.from(lines.subarray(start, (lineEnds[position] ?? 0) - 1)).toString();
  const tree = new NodeLinesTree(lines, lineEnds);
  const path = new TreeReader(from.tiles.tilesOf(size), nodeSha256).inclusionPath(manifest.block, size);
  if (path === undefined) throw new MissingEdge(`the tiles of the tree of ${size} are not there`);
  return {
    line,
    block: manifest.block,
    position,
    block_path: tree.path(position).map((hash) => encodeBase64(hash)),
    manifest: await from.reader.manifestText(manifest.block, size),
    log_path: path.map((hash) => encodeBase64(hash)),
    checkpoint: from.checkpoint,
  };
}
