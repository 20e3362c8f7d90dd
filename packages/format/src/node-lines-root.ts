import { hash } from 'node:crypto';
import { HASH_BYTES } from './limits.ts';
import type { LinesRoot } from './verification/lines-root.ts';

const NODE_BYTES = 1 + 2 * HASH_BYTES;

/**
 * RFC 6962 leaf hashes of canonical lines, on Node's crypto, as latin1 strings, which `crypto.hash` hands over three
 * times faster than buffers. Scribbles over `lines`: the byte before each line, the newline of the one before, becomes
 * the leaf prefix, so that no line is copied.
 */
export function leafRow(lines: Uint8Array, lineEnds: Uint32Array): string[] {
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
  const row: string[] = [];
  const firstEnd = (lineEnds[0] ?? 1) - 1;
  if (lineEnds.length > 0)
    row.push(hash('sha256', Buffer.concat([Buffer.from([0]), bytes.subarray(0, firstEnd)]), 'binary'));
  for (let line = 1; line < lineEnds.length; line++) {
    const before = (lineEnds[line - 1] ?? 0) - 1;
    bytes[before] = 0;
    row.push(hash('sha256', bytes.subarray(before, (lineEnds[line] ?? 0) - 1), 'binary'));
  }
  return row;
}

/** The level above a level of a tree; a node without a right neighbour rises as it is. */
export function rowAbove(row: readonly string[]): string[] {
  const node = Buffer.alloc(NODE_BYTES);
  node[0] = 1;
  const above: string[] = [];
  for (let at = 0; at < row.length; at += 2) {
    const left = row[at] ?? '';
    const right = row[at + 1];
    if (right === undefined) {
      above.push(left);
      continue;
    }
    node.write(left, 1, HASH_BYTES, 'latin1');
    node.write(right, 1 + HASH_BYTES, HASH_BYTES, 'latin1');
    above.push(hash('sha256', node, 'binary'));
  }
  return above;
}

/** RFC 6962 root over canonical lines, on Node's crypto. Scribbles over `lines`. */
export const nodeLinesRoot: LinesRoot = (lines, lineEnds) => {
  if (lineEnds.length === 0) return hash('sha256', '', 'buffer');
  let row = leafRow(lines, lineEnds);
  while (row.length > 1) row = rowAbove(row);
  return Buffer.from(row[0] ?? '', 'latin1');
};
