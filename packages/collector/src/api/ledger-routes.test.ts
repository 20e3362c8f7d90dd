import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  decodeEntryBundle,
  leafHash,
  parseCheckpoint,
  parseNote,
  readRecordSetProof,
  rootOf,
  verifyConsistency,
  verifyRecordSetProof,
} from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import { sampleLines, testCollector, until } from '../testing/test-collector.ts';
import type { Answer, TestCollector } from '../testing/test-collector.ts';

const ROUNDS = 6;
let collector: TestCollector;
/** Checkpoints as they were served, oldest first. */
const seen: { readonly size: number; readonly root: Uint8Array }[] = [];

function headOf(note: string): { readonly size: number; readonly root: Uint8Array } {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : undefined;
  if (checkpoint?.ok !== true) throw new Error(`no checkpoint: ${note}`);
  return checkpoint.value;
}

async function bytesOf(path: string): Promise<Buffer> {
  const response = await fetch(`${collector.url}${path}`, {
    headers: { authorization: `Bearer ${collector.adminToken}` },
  });
  expect(response.status, path).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

function codeOf(answer: Answer): string {
  const body: { readonly error: { readonly code: string } } = JSON.parse(answer.text);
  return `${answer.status} ${body.error.code}`;
}

function prove(addresses: unknown): Promise<Answer> {
  return collector.call('/v1/proofs', {
    method: 'POST',
    body: JSON.stringify({ addresses }),
    headers: { 'content-type': 'application/json' },
  });
}

beforeAll(async () => {
  collector = await testCollector({ sealIntervalMs: 20 });
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = seen.at(-1)?.size ?? 0;
    await collector.post(sampleLines(round * 40, 40));
    const note = await until(
      async () => (await collector.call('/ledger/checkpoint')).text,
      (text) => text.startsWith(collector.vkey.split('+', 1)[0] ?? '?') && headOf(text).size > before,
    );
    seen.push(headOf(note));
  }
});
afterAll(async () => {
  await collector[Symbol.asyncDispose]();
});

describe('the ledger served as files', () => {
  test('serves checkpoint and key as text that is not kept', async () => {
    const checkpoint = await collector.call('/ledger/checkpoint');
    expect(checkpoint.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-cache',
    });
    expect((await collector.call('/ledger/vkey')).text).toBe(`${collector.vkey}\n`);
  });

  test('serves the partial tile of every size there was, though the stored file has grown', async () => {
    for (const { size, root } of seen) {
      const tile = await bytesOf(`/ledger/tile/0/000.p/${size}`);
      const leaves = Array.from({ length: size }, (_, at) => tile.subarray(at * 32, (at + 1) * 32));
      expect(tile.length).toBe(size * 32);
      expect(Buffer.from(rootOf(nodeSha256, leaves)).equals(root)).toBe(true);
      const entries = decodeEntryBundle(await bytesOf(`/ledger/tile/entries/000.p/${size}`));
      expect(entries?.map((entry) => Buffer.from(leafHash(nodeSha256, entry)))).toEqual(leaves);
    }
    const stored = await readdir(join(collector.dir, 'ledger', 'tile', '0', '000.p'));
    expect(stored.length).toBe(1);
  });

  test('says of tiles that they never change', async () => {
    const { headers } = await collector.call('/ledger/tile/0/000.p/1');
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'cache-control': 'private, max-age=31536000, immutable',
    });
  });

  test.each([
    '/ledger/tile/0/000',
    '/ledger/tile/0/000.p/255',
    '/ledger/tile/0/000.p/0',
    '/ledger/tile/0/000.p/01',
    '/ledger/tile/0/001.p/1',
    '/ledger/tile/00/000.p/1',
    '/ledger/tile/1/000.p/1',
    '/ledger/tile/64/000.p/1',
    '/ledger/tile/0/0.p/1',
    '/ledger/tile/0/x000/000.p/1',
    '/ledger/tile/0/%30%30%30.p/1',
    '/ledger/tile/data/000.p/1',
    '/ledger/tile/..%2f..%2f..%2fkeys%2fledger.key',
    '/ledger/segments/default/000000999999.ndjson.zst',
    '/ledger/segments/default/0.ndjson.zst',
    '/ledger/segments/..%2f..%2fkeys/ledger.key',
    '/ledger/segments/..%2f..%2fkeys%2fledger.key',
    '/ledger/journal/000000000000.wal',
    '/ledger/',
  ])('there is no %s', async (path) => {
    expect((await collector.call(path)).status).toBe(404);
  });

  test('serves segments byte for byte', async () => {
    const [first = ''] = await readdir(join(collector.dir, 'ledger', 'segments', 'default'));
    const name = `segments/default/${first}`;
    const stored = await readFile(join(collector.dir, 'ledger', name));
    const served = await bytesOf(`/ledger/${name}`);
    // Whatever was sealed in between is at the end.
    const common = Math.min(stored.length, served.length);
    expect(common).toBeGreaterThan(1_000);
    expect(served.subarray(0, common).equals(stored.subarray(0, common))).toBe(true);
  });

  test('is for readers: a stranger gets nothing, an observer the checkpoint alone', async () => {
    for (const path of ['/ledger/checkpoint', '/ledger/tile/0/000.p/1', '/ledger/tile/entries/000.p/1']) {
      expect((await collector.call(path, { token: null })).status).toBe(401);
    }
    const token = await readFile(join(collector.dir, 'keys', 'agent.token'), 'utf8');
    expect((await collector.call('/ledger/checkpoint', { token: token.trim() })).status).toBe(200);
    expect((await collector.call('/ledger/tile/entries/000.p/1', { token: token.trim() })).status).toBe(403);
  });
});

describe('proofs over the API', () => {
  test('consistency between any two checkpoints that were served', async () => {
    for (const [at, old] of seen.entries()) {
      for (const young of seen.slice(at)) {
        const { text } = await collector.call(`/v1/consistency?from=${old.size}&to=${young.size}`);
        const { proof }: { readonly proof: readonly string[] } = JSON.parse(text);
        const path = proof.map((hash) => new Uint8Array(Buffer.from(hash, 'base64')));
        const sizes = { size1: old.size, size2: young.size, root1: old.root, root2: young.root };
        expect(verifyConsistency(nodeSha256, { ...sizes, path })).toBe(true);
        const isSame = old.size === young.size;
        expect(verifyConsistency(nodeSha256, { ...sizes, root1: young.root, path })).toBe(isSame);
      }
    }
  });

  test.each([
    ['from=0&to=1', '400 request-invalid'],
    ['from=2&to=1', '400 request-invalid'],
    ['from=1&to=100000', '404 not-found'],
    ['from=1', '400 request-invalid'],
    ['from=1&to=x', '400 request-invalid'],
    ['from=1&to=1&more=1', '400 request-invalid'],
    ['from=1&to=1e300', '400 request-invalid'],
  ])('no consistency for %s: %s', async (query, code) => {
    expect(codeOf(await collector.call(`/v1/consistency?${query}`))).toBe(code);
  });

  test('one proof of many records', async () => {
    const wanted = [0, 3, 39].flatMap((position) => seen.slice(1).map(({ size }) => ({ block: size - 2, position })));
    const filled = wanted.filter(({ block }) => block >= 0);
    const answers = await Promise.all(filled.map(async (address) => ({ address, answer: await prove([address]) })));
    const there = answers.filter(({ answer }) => answer.status === 200).map(({ address }) => address);
    expect(there.length).toBeGreaterThan(3);
    const { text } = await prove([...there, ...there]);
    const set = readRecordSetProof(JSON.parse(text));
    if (!set.ok) throw new Error(set.fault.message);
    const verified = await verifyRecordSetProof(set.value, collector.vkey, nodeSha256, nodeVerifyEd25519);
    if (!verified.ok) throw new Error(verified.fault.message);
    const places = verified.value.records.map(({ block, position }) => `${block}:${position}`);
    expect(places.toSorted()).toEqual(
      [...new Set(there.map(({ block, position }) => `${block}:${position}`))].toSorted(),
    );
  });

  test.each([
    ['no address', [], '400 request-invalid'],
    ['half an address', [{ block: 0 }], '400 request-invalid'],
    ['a negative position', [{ block: 0, position: -1 }], '400 request-invalid'],
    ['more than an address', [{ block: 0, position: 0, more: 1 }], '400 request-invalid'],
    ['257 records', Array.from({ length: 257 }, (_, position) => ({ block: 0, position })), '400 request-invalid'],
    ['33 blocks', Array.from({ length: 33 }, (_, block) => ({ block, position: 0 })), '400 request-invalid'],
    ['a position past its block', [{ block: 0, position: 9_000 }], '404 record-not-found'],
    ['a block that no record has', [{ block: 99_999, position: 0 }], '404 record-not-found'],
  ])('no proof of %s', async (_what, addresses, code) => {
    expect(codeOf(await prove(addresses))).toBe(code);
  });
});
