import { zstdDecompressSync } from 'node:zlib';
import type { BlockTools } from './verification/check-block.ts';
import { nodeSha256 } from './node-crypto.ts';
import { nodeLinesRoot } from './node-lines-root.ts';

/** The least that zlib takes. */
const CHUNK_BYTES_MIN = 64;
/**
 * Bytes decompressed in one go: a block of the collector's and a byte, so that nothing is left to ask for and no pieces
 * are joined, which took half the time. A manifest may claim more; then it goes piece by piece.
 */
const CHUNK_BYTES_MAX = 8 * 1024 * 1024 + 1;

/** Options of zlib for a frame that holds at most `bytesMax`. */
export function frameOptions(bytesMax: number): { readonly maxOutputLength: number; readonly chunkSize: number } {
  return { maxOutputLength: bytesMax, chunkSize: Math.max(CHUNK_BYTES_MIN, Math.min(bytesMax + 1, CHUNK_BYTES_MAX)) };
}

/** What checking a block needs, from Node's own crypto and zlib. */
export const nodeBlockTools: BlockTools = {
  hash: nodeSha256,
  linesRoot: nodeLinesRoot,
  decompress: (frame, bytesMax) => zstdDecompressSync(frame, frameOptions(bytesMax)),
};
