import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { leafHash } from './merkle-node.ts';
import { MerkleLevels } from './merkle-levels.ts';
import { nodeSha256 } from './node-crypto.ts';
import { nodeLinesRoot } from './node-lines-root.ts';
import { NodeLinesTree } from './node-lines-tree.ts';
import { linesRootWith } from './verification/lines-root.ts';

/** Lines one after another with their newlines, as a block holds them. */
function block(texts: readonly string[]): { readonly lines: Uint8Array; readonly lineEnds: Uint32Array } {
  let end = 0;
  const lineEnds = Uint32Array.from(texts, (text) => (end += Buffer.byteLength(text) + 1));
  return { lines: Buffer.from(texts.map((text) => `${text}\n`).join('')), lineEnds };
}

const texts = fc.array(fc.stringMatching(/^[a-zé]{0,80}$/), { minLength: 1, maxLength: 40 });

test('gives the paths and the root that the plain implementations give', () => {
  fc.assert(
    fc.property(texts, (lines) => {
      const leaves = lines.map((line) => leafHash(nodeSha256, Buffer.from(line)));
      const plain = new MerkleLevels(nodeSha256, leaves);
      const [forTree, forRoot, forPlain] = [block(lines), block(lines), block(lines)];
      const tree = new NodeLinesTree(forTree.lines, forTree.lineEnds);
      lines.forEach((_, position) => {
        expect(tree.path(position).map((hash) => Buffer.from(hash).toString('hex'))).toStrictEqual(
          plain.path(position).map((hash) => Buffer.from(hash).toString('hex')),
        );
      });
      const root = linesRootWith(nodeSha256)(forPlain.lines, forPlain.lineEnds);
      expect(Buffer.compare(nodeLinesRoot(forRoot.lines, forRoot.lineEnds), root)).toBe(0);
    }),
  );
});

test('refuses a position that the block does not have', () => {
  const { lines, lineEnds } = block(['a', 'b']);
  const tree = new NodeLinesTree(lines, lineEnds);
  expect(() => tree.path(2)).toThrow('no line 2 in a block of 2');
  expect(() => tree.path(-1)).toThrow(RangeError);
});
