import { nodeSha256 } from './node-crypto.ts';
import { linesRootWith } from './verification/lines-root.ts';

/** What node-lines-root.ts does, with a copy of each line. */
export const nodeLinesRoot = linesRootWith(nodeSha256);
