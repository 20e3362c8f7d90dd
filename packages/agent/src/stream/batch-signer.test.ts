import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { batchStatementHash, verifyBatchSignature } from '@portledger/format';
import type { SignedBatch } from '@portledger/format';
import { describe, expect, test } from 'vitest';
import { scratchFolder } from '../testing/scratch-folder.ts';
import { sha256, verifyEd25519 } from './agent-crypto.ts';
import { AgentKey } from './agent-key.ts';
import { BatchSigner } from './batch-signer.ts';
import { ChainFile } from './chain-file.ts';
import type { SpoolBatch } from './spool.ts';

const observer = 'hö';
const session = '01jd8y3k5c-0123456789ab';

function signerIn(dir: string, said: string[] = []): BatchSigner {
  const log = (_: string, message: string): void => void said.push(message);
  return new BatchSigner({ observer, key: AgentKey.open(dir), chain: new ChainFile(dir), log });
}

function batch(firstSeq: number, records: number, text = 'line\n', inSession = session): SpoolBatch {
  const lines = Buffer.from(text.repeat(records));
  return { session: inSession, firstSeq, lines, size: lines.length, records };
}

function hashOf(signed: SignedBatch): string {
  return batchStatementHash(sha256, { observer, session }, signed);
}

describe('a signer', () => {
  test('makes its key once, for its owner alone, and says where a damaged one lies', async () => {
    await using folder = await scratchFolder();
    const path = join(folder.path, 'signing.key');
    const { publicKey, keyId } = AgentKey.open(folder.path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(AgentKey.open(folder.path)).toMatchObject({ publicKey, keyId });
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, 60));
    expect(() => AgentKey.open(folder.path)).toThrow(`${path} holds no Ed25519 key`);
  });

  test('chains what is delivered, and signs nothing twice in two ways', async () => {
    await using folder = await scratchFolder();
    const signer = signerIn(folder.path);
    const first = signer.sign(batch(0, 10));
    expect(first).not.toHaveProperty('previous');
    expect(signer.pendingBytes).toBe(50);
    expect(signer.sign(batch(0, 10))).toBe(first);
    await signer.delivered(undefined, '');
    expect(signer.pendingBytes).toBeUndefined();
    const second = signer.sign(batch(10, 5));
    expect(second.previous).toBe(hashOf(first));
    const key = Buffer.from(AgentKey.open(folder.path).publicKey, 'base64');
    expect(await verifyBatchSignature(verifyEd25519, key, { observer, session }, second)).toBe(true);
    expect(await verifyBatchSignature(verifyEd25519, key, { observer: 'h', session }, second)).toBe(false);
    signer.discard();
    const half = signer.sign(batch(10, 2));
    expect(half.previous).toBe(hashOf(first));
    await signer.delivered(undefined, '');
    expect(signer.sign(batch(0, 3, 'line\n', '01jd8y3k5d-0123456789ab'))).not.toHaveProperty('previous');
  });

  test('sends after a kill what it sent before it, and begins a new chain once when told that it is broken', async () => {
    await using folder = await scratchFolder();
    const before = signerIn(folder.path);
    const first = before.sign(batch(0, 10));
    await before.delivered(undefined, '');
    const second = before.sign(batch(10, 5));
    const after = signerIn(folder.path);
    expect(after.sentFrom).toEqual({ session, seq: 10 });
    expect(after.sign(batch(10, 5))).toEqual(second);
    expect(second.previous).toBe(hashOf(first));
    expect(after.breakChain()).toBe(true);
    const anew = after.sign(batch(10, 5));
    expect(anew).not.toHaveProperty('previous');
    expect(after.breakChain()).toBe(false);
    // A power cut may leave the chain in pieces: it is begun anew.
    await writeFile(join(folder.path, 'chain.json'), '{"sent":{"sess');
    expect(signerIn(folder.path).sentFrom).toBeUndefined();
    await rm(join(folder.path, 'chain.json'));
    expect(signerIn(folder.path).sign(batch(10, 5))).not.toHaveProperty('previous');
  });
});
