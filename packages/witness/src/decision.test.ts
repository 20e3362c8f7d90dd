import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCheckpoint } from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { formatAddCheckpoint } from './add-checkpoint.ts';
import { admitRequest, decide, type Decision, type WitnessedHead } from './decision.ts';
import { ExampleLog } from './testing/example-log.ts';
import { requestOf } from './testing/post.ts';

const log = new ExampleLog('log.example');
const logs = new Map([['log.example', [log.key]]]);

async function admit(body: string) {
  return admitRequest(logs, body, nodeVerifyEd25519);
}

async function decideOn(stored: WitnessedHead | undefined, body: string): Promise<Decision> {
  const admitted = await admit(body);
  if (!admitted.ok) throw new Error(admitted.fault.reason);
  return decide(nodeSha256, stored, admitted.value);
}

function headOf(size: number, branch = ''): WitnessedHead {
  return { size, root: log.root(size, branch) };
}

describe('a request', () => {
  test('of an unknown origin is 404, of an unknown key 403, of no form 400', async () => {
    const stranger = new ExampleLog('other.example');
    const impostor = new ExampleLog('log.example');
    expect(await admit(requestOf(stranger, 0, 3))).toMatchObject({ ok: false, fault: { status: 404 } });
    expect(await admit(requestOf(impostor, 0, 3))).toMatchObject({ ok: false, fault: { status: 403 } });
    expect(await admit('old 0\n\nnonsense')).toMatchObject({ ok: false, fault: { status: 400 } });
    expect(await admit('nonsense')).toMatchObject({ ok: false, fault: { status: 400 } });
    expect(await admit(requestOf(log, 0, 3))).toMatchObject({ ok: true, value: { head: { size: 3 } } });
  });

  test('may be signed by other keys too, and by either key of a log that changes its key', async () => {
    const next = new ExampleLog('log.example');
    const both = new Map([['log.example', [log.key, next.key]]]);
    for (const signer of [log, next]) {
      const admitted = await admitRequest(both, requestOf(signer, 0, 3), nodeVerifyEd25519);
      expect(admitted).toMatchObject({ ok: true });
    }
    const [ownLine = ''] = /— .*\n$/.exec(log.checkpoint(3)) ?? [];
    const [foreignLine = ''] = /— .*\n$/.exec(next.checkpoint(3)) ?? [];
    const checkpoint = log.checkpoint(3).replace(ownLine, foreignLine + ownLine);
    const admitted = await admit(formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint }));
    expect(admitted).toMatchObject({ ok: true, value: { signed: log.checkpoint(3) } });
  });

  test('with any bit of its checkpoint flipped is refused before it is decided on', async () => {
    const bytes = Buffer.from(requestOf(log, 0, 5));
    for (let bit = 'old 0\n\n'.length * 8; bit < bytes.length * 8; bit += 1) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(flipped);
      expect((await admit(text)).ok, `bit ${bit}`).toBe(false);
    }
  });
});

describe('the decision', () => {
  const sizes = fc.nat({ max: 40 });

  test('is to cosign whatever extends the head by an honest proof, from any size to any', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, sizes, async (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const stored = from === 0 ? undefined : headOf(from);
        expect(await decideOn(stored, requestOf(log, from, to))).toEqual({ kind: 'cosign' });
      }),
    );
  });

  test('is never to cosign another history, whatever size it starts from', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 40 }), sizes, sizes, async (stands, from, more) => {
        const to = Math.max(from, more);
        const decision = await decideOn(headOf(stands, 'honest'), requestOf(log, from, to, 'rival'));
        expect(decision.kind).not.toBe('cosign');
      }),
    );
  });

  test('is 422 where any bit of the proof is flipped, or a hash is missing, moved or added', async () => {
    const proof = log.proof(6, 13);
    const checkpoint = log.checkpoint(13);
    const tried = async (changed: readonly Uint8Array[]) =>
      decideOn(headOf(6), formatAddCheckpoint({ oldSize: 6, proof: changed, checkpoint }));
    const refused = { kind: 'refuse', refusal: { status: 422 } };
    for (let bit = 0; bit < proof.length * 256; bit += 7) {
      const changed = proof.map((hash) => Uint8Array.from(hash));
      const hash = changed[bit >>> 8] ?? new Uint8Array(32);
      hash[(bit >>> 3) & 31] = (hash[(bit >>> 3) & 31] ?? 0) ^ (1 << (bit & 7));
      expect(await tried(changed), `bit ${bit}`).toMatchObject(refused);
    }
    expect(await tried(proof)).toEqual({ kind: 'cosign' });
    expect(await tried(proof.slice(1))).toMatchObject(refused);
    expect(await tried(proof.toReversed())).toMatchObject(refused);
    expect(await tried([...proof, new Uint8Array(32)])).toMatchObject(refused);
    expect(await tried([])).toMatchObject(refused);
  });

  test('is 400 where the old size is past the new, 409 with the head’s size where it is another', async () => {
    expect(await decideOn(headOf(9), requestOf(log, 9, 7))).toMatchObject({ refusal: { status: 400 } });
    expect(await decideOn(headOf(9), requestOf(log, 0, 12))).toMatchObject({ kind: 'conflict', size: 9 });
    expect(await decideOn(headOf(9), requestOf(log, 7, 7))).toMatchObject({ kind: 'conflict', size: 9 });
    expect(await decideOn(headOf(9), requestOf(log, 10, 12))).toMatchObject({ kind: 'conflict', size: 9 });
    expect(await decideOn(undefined, requestOf(log, 3, 12))).toMatchObject({ kind: 'conflict', size: 0 });
  });

  test('is 409 for another root of the same size, and takes no proof where none is due', async () => {
    expect(await decideOn(headOf(9), requestOf(log, 9, 9, 'rival'))).toMatchObject({ kind: 'conflict', size: 9 });
    expect(await decideOn(headOf(9), requestOf(log, 9, 9))).toEqual({ kind: 'cosign' });
    const needless = [new Uint8Array(32)];
    const same = formatAddCheckpoint({ oldSize: 9, proof: needless, checkpoint: log.checkpoint(9) });
    expect(await decideOn(headOf(9), same)).toMatchObject({ refusal: { status: 422 } });
    const first = formatAddCheckpoint({ oldSize: 0, proof: needless, checkpoint: log.checkpoint(9) });
    expect(await decideOn(undefined, first)).toMatchObject({ refusal: { status: 422 } });
  });

  test('takes the empty tree only with the empty tree’s root', async () => {
    const admitted = await admit(requestOf(log, 0, 0));
    if (!admitted.ok) throw new Error(admitted.fault.reason);
    expect(decide(nodeSha256, undefined, admitted.value)).toEqual({ kind: 'cosign' });
    const head = parseCheckpoint(`log.example\n0\n${Buffer.alloc(32, 1).toString('base64')}\n`);
    if (!head.ok) throw new Error(head.fault.message);
    expect(decide(nodeSha256, undefined, { ...admitted.value, head: head.value })).toMatchObject({ kind: 'conflict' });
  });
});
