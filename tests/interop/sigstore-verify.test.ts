import { createPublicKey, type KeyObject } from 'node:crypto';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseManifest, parseVerifierKey } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import { call, removeDir } from '../product/portledger-process.ts';
import { freshFolder, publishRounds, sizeOf, type PublishedLogUnderTest } from './published-log.ts';

// Sigstore's own verifier of transparency logs, npm's @sigstore/verify. Its tlog code is not in the package's entry, but
// takes any log's entries: a body, a path from the leaf up, and the note of a checkpoint.
type Entry = {
  readonly canonicalizedBody: Buffer;
  readonly inclusionProof: {
    readonly logIndex: string;
    readonly hashes: readonly Buffer[];
    readonly checkpoint?: { readonly envelope: string };
  };
};
type Head = { readonly logSize: bigint; readonly logHash: Buffer };
type Log = { readonly logID: Buffer; readonly publicKey: KeyObject; readonly baseURL: string };
type Sigstore = {
  readonly verifyMerkleInclusion: (entry: Entry, head: Head) => void;
  readonly verifyCheckpoint: (entry: Entry, logs: readonly Log[]) => Head;
};

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const require = createRequire(import.meta.url);

function loadSigstore(): Sigstore | undefined {
  try {
    return {
      ...require('@sigstore/verify/dist/tlog/merkle.js'),
      ...require('@sigstore/verify/dist/tlog/checkpoint.js'),
    };
  } catch {
    return undefined;
  }
}

type ServedProof = {
  readonly line: string;
  readonly block: number;
  readonly position: number;
  readonly block_path: readonly string[];
  readonly manifest: string;
  readonly log_path: readonly string[];
  readonly checkpoint: string;
};

function entryOf(body: string, index: number, path: readonly string[], envelope?: string): Entry {
  const hashes = path.map((hash) => Buffer.from(hash, 'base64'));
  const inclusionProof = { logIndex: String(index), hashes };
  return {
    canonicalizedBody: Buffer.from(body),
    inclusionProof: envelope === undefined ? inclusionProof : { ...inclusionProof, checkpoint: { envelope } },
  };
}

const sigstore = loadSigstore();

describe.skipIf(sigstore === undefined)('@sigstore/verify on our proofs (needs the package)', () => {
  const { verifyMerkleInclusion, verifyCheckpoint } = sigstore ?? {
    verifyMerkleInclusion: () => undefined,
    verifyCheckpoint: () => ({ logSize: 0n, logHash: Buffer.alloc(0) }),
  };
  let log: PublishedLogUnderTest;
  let trusted: Log;
  const proofs: ServedProof[] = [];

  beforeAll(async () => {
    log = await publishRounds(freshFolder(), [300, 5, 9_000]);
    const key = parseVerifierKey(nodeSha256, log.vkey);
    if (!key.ok) throw new Error(key.fault.message);
    const { name, keyId, publicKey } = key.value;
    const spki = Buffer.concat([SPKI_PREFIX, publicKey]);
    const logID = Buffer.from(keyId, 'hex');
    trusted = { logID, publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }), baseURL: name };
    for (const block of new Set([0, ...log.checkpoints.map((checkpoint) => sizeOf(checkpoint) - 1)])) {
      proofs.push(await call<ServedProof>(log.product.run, `/v1/records/${block}/0/proof`));
    }
  });
  afterAll(async () => {
    await log.product.stop();
    removeDir(log.product.dir);
  });

  test('opens our checkpoint, finds each manifest in the log and each record in its block', () => {
    expect(proofs.length).toBeGreaterThan(2);
    for (const proof of proofs) {
      const inLog = entryOf(proof.manifest, proof.block, proof.log_path, proof.checkpoint);
      const head = verifyCheckpoint(inLog, [trusted]);
      expect(Number(head.logSize)).toBe(sizeOf(proof.checkpoint));
      verifyMerkleInclusion(inLog, head);
      const manifest = parseManifest(proof.manifest);
      if (!manifest.ok) throw new Error(manifest.fault.message);
      const block = { logSize: BigInt(manifest.value.count), logHash: Buffer.from(manifest.value.root, 'base64') };
      verifyMerkleInclusion(entryOf(proof.line, proof.position, proof.block_path), block);
    }
  });

  test('refuses what we would refuse: another signature, line, place or path', () => {
    const [proof = never()] = proofs;
    const inLog = entryOf(proof.manifest, proof.block, proof.log_path, proof.checkpoint);
    const head = verifyCheckpoint(inLog, [trusted]);
    const forged = proof.checkpoint.replace(/\n\d+\n/, '\n1\n');
    expect(() => verifyCheckpoint(entryOf(proof.manifest, 0, proof.log_path, forged), [trusted])).toThrow(/signature/);
    const changed = proof.manifest.replace('"v":1', '"v":2');
    expect(() => {
      verifyMerkleInclusion(entryOf(changed, proof.block, proof.log_path), head);
    }).toThrow(/root hash/);
    expect(() => {
      verifyMerkleInclusion(entryOf(proof.manifest, proof.block + 1, proof.log_path), head);
    }).toThrow(/root hash|hash count/);
    expect(() => {
      verifyMerkleInclusion(entryOf(proof.manifest, proof.block, proof.log_path.slice(1)), head);
    }).toThrow(/hash count/);
  });
});

function never(): never {
  throw new Error('no proof was served');
}
