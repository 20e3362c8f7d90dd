import type { BlockManifest } from '@portledger/format';
import type { BlockReader, SealedBlock } from './block-reader.ts';
import { onMovingEdge } from './block-reader.ts';
import { liveChunk, prunedChunk, sealedChunk } from './chunks.ts';
import type { Chunk, Cursor } from './ledger-shapes.ts';
import type { LiveBlocks } from './live-blocks.ts';
import type { PruneNotice, PrunedSegments } from './pruned-segments.ts';

/** Where a reader finds blocks: in memory while they are not published, else in the segments. */
export type BlockSource = {
  readonly live: LiveBlocks;
  readonly reader: BlockReader;
  readonly sealedBlocks: () => number;
  readonly pruned: PrunedSegments;
};

/**
 * Every record from a cursor on, in the order of addresses; a pruned block is an empty chunk that tells its count. The consumer's pull is the back-pressure: nothing is
 * buffered for it but the one sealed block read ahead.
 */
export async function* followFrom(source: BlockSource, from: Cursor, signal: AbortSignal): AsyncGenerator<Chunk, void> {
  let { block, position } = from;
  let ahead: { readonly block: number; readonly read: Promise<Chunk> } | undefined;
  while (!signal.aborted) {
    const live = source.live.block(block);
    if (live !== undefined) {
      const chunk = liveChunk(live, position);
      if (chunk !== undefined) {
        position += chunk.count;
        yield chunk;
      } else if (live.closed) [block, position] = [block + 1, 0];
      else await source.live.changed(signal);
      continue;
    }
    if (block >= source.sealedBlocks()) {
      await source.live.changed(signal);
      continue;
    }
    const chunk = await (ahead?.block === block ? ahead.read : readChunk(source, block, position));
    ahead = block + 1 < source.sealedBlocks() ? { block: block + 1, read: readChunk(source, block + 1, 0) } : undefined;
    ahead?.read.catch(() => undefined); // told when it is awaited
    if (chunk.count > 0 || (chunk.pruned ?? 0) > 0) yield chunk;
    [block, position] = [block + 1, 0];
  }
}

/** A published block from `position` on, or what is left of it where it was pruned. */
export async function readChunk(source: BlockSource, block: number, position: number): Promise<Chunk> {
  const sealed = await readSealed(source, block);
  return sealed.lines === undefined ? prunedChunk(sealed.manifest, position) : sealedChunk(sealed, position);
}

/** A published block that is no longer stored, and by which entry of the ledger. */
export type PrunedBlock = {
  readonly manifest: BlockManifest;
  readonly lines?: undefined;
  readonly notice: PruneNotice;
};

/** Reads a published block. Rejects where its lines are not there and nothing in the ledger says that they were pruned. */
export async function readSealed(source: BlockSource, block: number): Promise<SealedBlock | PrunedBlock> {
  const manifest = await onMovingEdge(source.sealedBlocks, (size) => source.reader.manifest(block, size));
  try {
    return await source.reader.lines(manifest);
  } catch (error) {
    const notice = await source.pruned.of(manifest);
    if (notice === undefined) throw error;
    return { manifest, notice };
  }
}
