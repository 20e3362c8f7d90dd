import { zstdDecompressSync } from 'node:zlib';
import type { BlockTools } from './verification/check-block.ts';
import { nodeSha256 } from './node-crypto.ts';
import { nodeLinesRoot } from './node-lines-root.ts';

/** What checking a block needs, from Node's own crypto and zlib. */
export const nodeBlockTools: BlockTools = {
  hash: nodeSha256,
  linesRoot: nodeLinesRoot,
  decompress: (frame, bytesMax) => zstdDecompressSync(frame, { maxOutputLength: bytesMax }),
};
