import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leafHash, rootOf } from './merkle.ts';
import { inclusionPath } from './merkle-path.ts';
import { nodeSha256, nodeVerifyEd25519 } from './node.ts';
import { exampleNote, exampleSigner, exampleWitness } from './testing/example-witnesses.ts';
import { parsePolicy } from './tlog-policy.ts';
import { formatTlogProof, parseTlogProof, verifyTlogProof, type TlogProof } from './tlog-proof.ts';

const log = exampleSigner('log.example');
const witness = exampleWitness('witness.example');
const parsedPolicy = parsePolicy(nodeSha256, Buffer.from(`log ${log.vkey}\nwitness w ${witness.vkey}\nquorum w\n`));
if (!parsedPolicy.ok) throw new Error('the policy of these tests is wrong');
const policy = parsedPolicy.value;

const leaves = Array.from({ length: 13 }, (_, at) => leafHash(nodeSha256, Buffer.from(`entry ${at}`)));
const root = rootOf(nodeSha256, leaves);
const checkpoint = exampleNote({ origin: 'log.example', size: 13, root, extensions: [] }, log, [witness]);

function leafAt(index: number): Uint8Array {
  return leaves[index] ?? new Uint8Array(32);
}

function proofOf(index: number): TlogProof {
  return { index, path: inclusionPath(nodeSha256, leaves, index), checkpoint };
}

async function verifies(proof: TlogProof, leaf: Uint8Array): Promise<boolean> {
  return (await verifyTlogProof(proof, { leafHash: leaf, policy }, nodeSha256, nodeVerifyEd25519)).ok;
}

describe('a tlog-proof', () => {
  test('has the form of the specification', () => {
    const [first = new Uint8Array(32)] = leaves;
    const proof = { extra: Buffer.from('extra data'), index: 1, path: [first], checkpoint };
    expect(formatTlogProof(proof)).toBe(
      `c2sp.org/tlog-proof@v1\nextra ZXh0cmEgZGF0YQ==\nindex 1\n${Buffer.from(first).toString('base64')}\n\n${checkpoint}`,
    );
    expect(formatTlogProof({ index: 0, path: [], checkpoint })).toBe(
      `c2sp.org/tlog-proof@v1\nindex 0\n\n${checkpoint}`,
    );
  });

  test('reads back as it was written', () => {
    const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 54 });
    const extras = fc.option(fc.uint8Array({ minLength: 1, maxLength: 100 }), { nil: undefined });
    fc.assert(
      fc.property(fc.maxSafeNat(), hashes, extras, (index, path, extra) => {
        const proof = { ...(extra === undefined ? {} : { extra }), index, path, checkpoint };
        expect(parseTlogProof(formatTlogProof(proof))).toEqual({ ok: true, value: proof });
      }),
    );
    expect(() => formatTlogProof({ index: -1, path: [], checkpoint })).toThrow(RangeError);
    expect(() => formatTlogProof({ index: 0, path: [new Uint8Array(31)], checkpoint })).toThrow(RangeError);
    expect(() => formatTlogProof({ index: 0, path: [], checkpoint: 'x' })).toThrow(RangeError);
    expect(() => formatTlogProof({ extra: new Uint8Array(0), index: 0, path: [], checkpoint })).toThrow(RangeError);
  });

  const good = formatTlogProof(proofOf(5));
  test.each([
    ['nothing', ''],
    ['another header', good.replace('@v1', '@v2')],
    ['no index', good.replace('index 5\n', '')],
    ['an index with a zero before it', good.replace('index 5', 'index 05')],
    ['a signed index', good.replace('index 5', 'index +5')],
    ['two indexes', good.replace('index 5\n', 'index 5\nindex 5\n')],
    ['extra data after the index', good.replace('index 5\n', 'index 5\nextra AA==\n')],
    ['empty extra data', good.replace('index 5\n', 'extra \nindex 5\n')],
    ['extra data that is no base64', good.replace('index 5\n', 'extra AB==\nindex 5\n')],
    ['two empty lines', good.replace('\n\n', '\n\n\n')],
    ['carriage returns', good.replaceAll('\n', '\r\n')],
    ['no last newline', good.trimEnd()],
    ['a space before it', ` ${good}`],
    ['a path that is too deep', good.replace('index 5\n', `index 5\n${`${'A'.repeat(43)}=\n`.repeat(55)}`)],
    ['more than a megabyte', `${good}${'a'.repeat(1_000_000)}`],
  ])('is refused with %s', (_, text) => {
    expect(parseTlogProof(text)).toMatchObject({ ok: false, fault: { code: 'malformed-proof' } });
  });

  test('verifies for its entry, at its index, alone', async () => {
    for (let index = 0; index < leaves.length; index += 1) {
      expect(await verifies(proofOf(index), leafAt(index))).toBe(true);
      expect(await verifies(proofOf(index), leafAt((index + 1) % 13))).toBe(false);
      expect(await verifies({ ...proofOf(index), index: (index + 1) % 13 }, leafAt(index))).toBe(false);
    }
    const unwitnessed = exampleNote({ origin: 'log.example', size: 13, root, extensions: [] }, log, []);
    const proof = { ...proofOf(3), checkpoint: unwitnessed };
    const verdict = await verifyTlogProof(proof, { leafHash: leafAt(3), policy }, nodeSha256, nodeVerifyEd25519);
    expect(verdict).toMatchObject({ ok: false, fault: { code: 'quorum-not-met', missing: ['w'] } });
  });

  test('with any bit flipped proves nothing', async () => {
    const bytes = new TextEncoder().encode(good);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      const read = parseTlogProof(new TextDecoder('utf-8', { ignoreBOM: true }).decode(flipped));
      expect(read.ok && (await verifies(read.value, leafAt(5))), `bit ${bit}`).toBe(false);
    }
  });
});
