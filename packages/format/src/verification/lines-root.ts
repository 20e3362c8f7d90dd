import { leafHash, nodeHash } from '../merkle-node.ts';
import type { Hash } from '../sha256.ts';

/**
 * RFC 6962 root over canonical lines: a leaf is a line without its newline.
 * `lines` may be scribbled over by a fast implementation: hand it bytes that nobody needs afterwards.
 */
export type LinesRoot = (lines: Uint8Array, lineEnds: Uint32Array) => Uint8Array;

/** Where each line ends, just past its newline; a rest without a newline is not counted. */
export function findLineEnds(lines: Uint8Array, expected = 1024): Uint32Array {
  let ends = new Uint32Array(Math.max(1, expected));
  let count = 0;
  for (let at = lines.indexOf(10); at !== -1; at = lines.indexOf(10, at + 1)) {
    if (count === ends.length) {
      const wider = new Uint32Array(ends.length * 2);
      wider.set(ends);
      ends = wider;
    }
    ends[count++] = at + 1;
  }
  return count === ends.length ? ends : ends.slice(0, count);
}

/** The plain implementation, for any `Hash`; Node has a faster one. */
export function linesRootWith(hash: Hash): LinesRoot {
  return (lines, lineEnds) => {
    let row: Uint8Array[] = [];
    let start = 0;
    for (const end of lineEnds) {
      row.push(leafHash(hash, lines.subarray(start, end - 1)));
      start = end;
    }
    while (row.length > 1) {
      const above: Uint8Array[] = [];
      for (let at = 0; at < row.length; at += 2) {
        const left = row[at];
        const right = row[at + 1];
        if (left === undefined) break;
        above.push(right === undefined ? left : nodeHash(hash, left, right));
      }
      row = above;
    }
    return row[0] ?? hash(new Uint8Array(0));
  };
}
