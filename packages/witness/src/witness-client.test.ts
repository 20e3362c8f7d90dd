import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseVerifierKey, type VerifierKey } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import { ANSWER_BYTES_MAX } from './limits.ts';
import { answeringServer, type Canned } from './testing/answering-server.ts';
import { ExampleLog } from './testing/example-log.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { requestCosignature, type CosignatureRequest } from './witness-client.ts';
import { WitnessKey } from './witness-key.ts';
import { startWitness } from './witness-server.ts';

const log = new ExampleLog('log.example');
const witness = new WitnessKey(generateKeyPairSync('ed25519').privateKey, 'witness.example');

function keyOf(vkey: string): VerifierKey {
  const key = parseVerifierKey(nodeSha256, vkey);
  if (!key.ok) throw new Error(key.fault.message);
  return key.value;
}

function ask(size: number, oldSize: number, branch = ''): CosignatureRequest & { readonly asked: number[] } {
  const asked: number[] = [];
  const proof = (from: number): Uint8Array[] => {
    asked.push(from);
    return log.proof(from, size, branch);
  };
  return { checkpoint: log.checkpoint(size, branch), oldSize, proof, asked };
}

describe('asking a witness', () => {
  test('gives a cosignature, whatever size it was thought to have', async () => {
    using folder = temporaryFolder();
    await using server = await startWitness({
      dir: folder.path,
      name: 'witness.example',
      logs: [log.vkey],
      port: 0,
      clock: () => 1_700_000_000,
      onFault: (error) => expect.unreachable(String(error)),
    });
    const target = { url: `${server.url}/`, key: keyOf(server.vkey) };
    const first = await requestCosignature(target, ask(5, 0));
    expect(first).toMatchObject({ ok: true, value: { timeSeconds: 1_700_000_000, size: 5 } });
    expect(first.ok && first.value.line).toMatch(/^— witness\.example [^\n]+\n$/);

    const known = ask(9, 5);
    expect(await requestCosignature(target, known)).toMatchObject({ ok: true });
    expect(known.asked).toEqual([5]);
    const unknown = ask(12, 0);
    expect(await requestCosignature(target, unknown)).toMatchObject({ ok: true });
    expect(unknown.asked).toEqual([9]);
    expect(server.counters()).toMatchObject({ cosigned: 3, conflicts: 1 });
    expect(await requestCosignature(target, ask(12, 0))).toMatchObject({ ok: true, value: { size: 12 } });
    expect(await requestCosignature(target, ask(12, 99))).toMatchObject({ ok: true, value: { size: 12 } });

    const set = await requestCosignature(target, ask(7, 5));
    expect(set).toMatchObject({ ok: false, fault: { code: 'ahead', witnessSize: 12 } });
    const forked = await requestCosignature(target, ask(12, 12, 'rival'));
    expect(forked).toMatchObject({ ok: false, fault: { code: 'forked', witnessSize: 12 } });
    const rival = await requestCosignature(target, ask(14, 12, 'rival'));
    expect(rival).toMatchObject({ ok: false, fault: { code: 'bad-proof', status: 422 } });
    const stranger = new ExampleLog('stranger.example');
    const request = { ...ask(3, 0), checkpoint: stranger.checkpoint(3) };
    expect(await requestCosignature(target, request)).toMatchObject({ fault: { code: 'unknown-log', status: 404 } });
    const impostor = { ...ask(3, 0), checkpoint: new ExampleLog('log.example').checkpoint(3) };
    expect(await requestCosignature(target, impostor)).toMatchObject({ fault: { code: 'not-trusted', status: 403 } });
  });

  const [text = ''] = log.checkpoint(5).split('\n\n');
  const line = witness.cosign(`${text}\n`, 1_700_000_000);
  const [shorter = ''] = log.checkpoint(4).split('\n\n');
  const foreign = new WitnessKey(generateKeyPairSync('ed25519').privateKey, 'foreign.example').cosign(`${text}\n`, 5);

  test('takes its own line among others', async () => {
    await using server = await answeringServer(() => ({ status: 200, body: foreign + line }));
    const got = await requestCosignature({ url: server.url, key: witness.key }, ask(5, 0));
    expect(got).toEqual({ ok: true, value: { line, timeSeconds: 1_700_000_000, size: 5 } });
  });

  test.each<[string, Canned, string]>([
    ['nothing', { status: 200, body: '' }, 'bad-answer'],
    ['a page', { status: 200, body: '<html></html>\n' }, 'bad-answer'],
    ['another text before its line', { status: 200, body: `x\n\n${line}` }, 'bad-answer'],
    ['another witness’s line', { status: 200, body: foreign }, 'bad-cosignature'],
    ['its line for another tree', { status: 200, body: witness.cosign(`${shorter}\n`, 5) }, 'bad-cosignature'],
    ['its line and a bad one', { status: 200, body: line + witness.cosign(`${shorter}\n`, 5) }, 'bad-cosignature'],
    ['too much', { status: 200, body: foreign.repeat(ANSWER_BYTES_MAX / 64) }, 'bad-answer'],
    ['a redirect', { status: 307, body: '', headers: { location: 'http://127.0.0.1:9/' } }, 'bad-answer'],
    ['a conflict without a size', { status: 409, body: 'conflict\n' }, 'bad-answer'],
    ['a conflict with the size asked from', { status: 409, body: '2\n' }, 'forked'],
    ['a size beyond the checkpoint', { status: 409, body: '6\n' }, 'ahead'],
    ['400', { status: 400, body: 'no' }, 'bad-request'],
    ['403', { status: 403, body: 'no' }, 'not-trusted'],
    ['404', { status: 404, body: 'no' }, 'unknown-log'],
    ['422', { status: 422, body: 'no' }, 'bad-proof'],
    ['500', { status: 500, body: 'no' }, 'unavailable'],
    ['503', { status: 503, body: 'no' }, 'unavailable'],
  ])('that answers %s gives a fault with a remedy', async (_, canned, code) => {
    await using server = await answeringServer(() => canned);
    const got = await requestCosignature({ url: server.url, key: witness.key }, ask(5, 2));
    expect(got).toMatchObject({ ok: false, fault: { code } });
    expect(server.bodies.length).toBe(1);
  });

  test('whose line has any bit flipped gives no cosignature', async () => {
    const bytes = Buffer.from(line);
    await using server = await answeringServer((attempt) => {
      const bit = (attempt - 1) * 5;
      const flipped = Uint8Array.from(bytes);
      flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      return { status: 200, body: flipped };
    });
    for (let bit = 0; bit < bytes.length * 8; bit += 5) {
      const got = await requestCosignature({ url: server.url, key: witness.key }, ask(5, 0));
      expect(got.ok, `bit ${bit}`).toBe(false);
    }
  });

  test('that tells another size each time is asked three times', async () => {
    await using server = await answeringServer((attempt) => ({ status: 409, body: `${attempt}\n` }));
    const got = await requestCosignature({ url: server.url, key: witness.key }, ask(5, 0));
    expect(got).toMatchObject({ ok: false, fault: { code: 'conflict' } });
    expect(server.bodies.map((body) => body.slice(0, 6))).toEqual(['old 0\n', 'old 1\n', 'old 2\n']);
  });

  test('that is silent, gone or nowhere is told apart', async () => {
    await using silent = await answeringServer(() => undefined);
    const target = { url: silent.url, key: witness.key };
    expect(await requestCosignature(target, ask(5, 0), { timeoutMs: 30 })).toMatchObject({
      fault: { code: 'timed-out' },
    });
    const signal = AbortSignal.abort();
    expect(await requestCosignature(target, ask(5, 0), { signal })).toMatchObject({ fault: { code: 'abandoned' } });
    const gone = await answeringServer(() => undefined);
    await gone[Symbol.asyncDispose]();
    const unreachable = await requestCosignature({ ...target, url: gone.url }, ask(5, 0));
    expect(unreachable).toMatchObject({ fault: { code: 'unreachable' } });
    expect(unreachable.ok ? '' : unreachable.fault.message).toContain('ECONNREFUSED');
    for (const url of ['', 'witness', 'file:///etc/passwd']) {
      const got = await requestCosignature({ ...target, url }, ask(5, 0));
      expect(got).toMatchObject({ fault: { code: 'bad-address' } });
    }
  });

  test('for what is no checkpoint is the caller’s mistake', async () => {
    const request = { ...ask(5, 0), checkpoint: 'nonsense' };
    await expect(requestCosignature({ url: 'http://x/', key: witness.key }, request)).rejects.toThrow(RangeError);
  });
});
