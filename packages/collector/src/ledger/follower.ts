import type { BlockReader, SealedBlock } from './block-reader.ts';
import { onMovingEdge } from './block-reader.ts';
import { liveChunk, sealedChunk } from './chunks.ts';
import type { Chunk, Cursor } from './ledger-shapes.ts';
import type { LiveBlocks } from './live-blocks.ts';

/** Where a reader finds blocks: in memory while they are not published, else in the segments. */
export type BlockSource = {
  readonly live: LiveBlocks;
  readonly reader: BlockReader;
  readonly sealedBlocks: () => number;
};

/**
 * Every record from a cursor on, in the order of addresses. The consumer's pull is the back-pressure: nothing is
 * buffered for it but the one sealed block read ahead.
 */
export async function* followFrom(source: BlockSource, from: Cursor, signal: AbortSignal): AsyncGenerator<Chunk, void> {
  let { block, position } = from;
  let ahead: { readonly block: number; readonly read: Promise<SealedBlock> } | undefined;
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
    const sealed = await (ahead?.block === block ? ahead.read : readSealed(source, block));
    ahead = block + 1 < source.sealedBlocks() ? { block: block + 1, read: readSealed(source, block + 1) } : undefined;
    ahead?.read.catch(() => undefined); // told when it is awaited
    if (position < sealed.manifest.count) yield sealedChunk(sealed, position);
    [block, position] = [block + 1, 0];
  }
}

export function readSealed(source: BlockSource, block: number): Promise<SealedBlock> {
  return onMovingEdge(source.sealedBlocks, (size) => source.reader.read(block, size));
}
