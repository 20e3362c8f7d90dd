import * as fc from 'fast-check';
import { generateKeyPairSync, sign } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { encodeBase64 } from './base64.ts';
import { canonicalLine } from './canonical-line.ts';
import { formatCheckpoint } from './checkpoint.ts';
import { manifestLine, parseManifest, type BlockManifest } from './manifest.ts';
import { inclusionPath } from './merkle-path.ts';
import { leafHash, rootOf } from './merkle.ts';
import { nodeSha256, nodeVerifyEd25519 } from './node.ts';
import { verifyRecordProof, type RecordProof } from './record-proof.ts';
import { sha256 } from './sha256.ts';
import { formatNote } from './signed-note.ts';
import { formatVerifierKey, verifierKey } from './verifier-key.ts';
import { webCryptoVerifyEd25519 } from './web-crypto.ts';

const TIME = '2026-11-22T14:36:49.123456Z';
const utf8 = new TextEncoder();
const keys = generateKeyPairSync('ed25519');
const KEY = verifierKey(
  nodeSha256,
  'example.org/ledger',
  keys.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
);
const VKEY = formatVerifierKey(KEY);

function lineOf(seq: number): string {
  return canonicalLine({
    v: 1,
    timestamp: TIME,
    action: 'heartbeat',
    observer: 'host',
    observer_kind: 'agent',
    session: 's',
    seq,
  });
}

function manifestOf(block: number, lines: readonly string[]): BlockManifest {
  const batch = { observer: 'host', session: 's', received: TIME };
  return {
    v: 1,
    block,
    class: 'default',
    count: lines.length,
    root: encodeBase64(
      rootOf(
        nodeSha256,
        lines.map((line) => leafHash(nodeSha256, utf8.encode(line))),
      ),
    ),
    payload_bytes: lines.join('\n').length + 1,
    segment: 0,
    offset: 0,
    frame_bytes: 100,
    frame_sha256: '0'.repeat(64),
    first_timestamp: TIME,
    last_timestamp: TIME,
    sealed: TIME,
    batches: [
      { ...batch, first_seq: block * 10, count: 2 },
      { ...batch, first_seq: block * 10 + 2, count: lines.length - 2 },
    ],
  };
}

function signed(text: string): string {
  const signature = new Uint8Array(sign(null, utf8.encode(text), keys.privateKey));
  return formatNote({ text, signatures: [{ name: KEY.name, keyId: KEY.keyId, signature }] });
}

/** A log of five blocks of five records, and the proof of one of them. */
function proofOf(block: number, position: number): RecordProof {
  const blocks = Array.from({ length: 5 }, (_, number) =>
    Array.from({ length: 5 }, (_, at) => lineOf(number * 10 + at)),
  );
  const manifests = blocks.map((lines, number) => manifestLine(manifestOf(number, lines)));
  const leaves = manifests.map((manifest) => leafHash(nodeSha256, utf8.encode(manifest)));
  const lines = blocks[block] ?? [];
  const lineLeaves = lines.map((line) => leafHash(nodeSha256, utf8.encode(line)));
  return {
    line: lines[position] ?? '',
    block,
    position,
    block_path: inclusionPath(nodeSha256, lineLeaves, position).map((hash) => encodeBase64(hash)),
    manifest: manifests[block] ?? '',
    log_path: inclusionPath(nodeSha256, leaves, block).map((hash) => encodeBase64(hash)),
    checkpoint: signed(
      formatCheckpoint({ origin: KEY.name, size: 5, root: rootOf(nodeSha256, leaves), extensions: [] }),
    ),
  };
}

async function codeOf(proof: RecordProof, vkey: string = VKEY): Promise<string> {
  const verified = await verifyRecordProof(proof, vkey, nodeSha256, nodeVerifyEd25519);
  return verified.ok ? 'verified' : verified.fault.code;
}

describe('verifyRecordProof', () => {
  let proof = proofOf(3, 2);
  beforeAll(() => {
    proof = proofOf(3, 2);
  });

  test('shows the record, its batch, its manifest and the checkpoint', async () => {
    const verified = await verifyRecordProof(proof, VKEY, nodeSha256, nodeVerifyEd25519);
    expect(verified).toMatchObject({
      ok: true,
      value: { record: { seq: 32 }, batch: { first_seq: 32 }, manifest: { block: 3 }, checkpoint: { size: 5 } },
    });
  });

  test('needs nothing of Node', async () => {
    expect((await verifyRecordProof(proof, VKEY, sha256, webCryptoVerifyEd25519)).ok).toBe(true);
  });

  test('verifies every record of a log', async () => {
    for (let block = 0; block < 5; block += 1) {
      for (let position = 0; position < 5; position += 1) {
        expect(await codeOf(proofOf(block, position))).toBe('verified');
      }
    }
  });

  test.each<[string, (proof: RecordProof) => Partial<RecordProof>]>([
    ['wrong-block', () => ({ block: 2 })],
    ['wrong-stream', () => ({ position: 3 })],
    ['wrong-position', () => ({ position: 5 })],
    ['wrong-position', () => ({ position: -1 })],
    ['wrong-position', () => ({ position: 0.5 })],
    ['wrong-stream', () => ({ line: lineOf(33) })],
    ['malformed-line', ({ line }) => ({ line: `${line} ` })],
    ['not-in-block', ({ line }) => ({ line: line.replace('49.123456Z', '49.123457Z') })],
    ['not-in-block', ({ block_path }) => ({ block_path: block_path.slice(1) })],
    ['not-in-block', ({ block_path }) => ({ block_path: [...block_path, encodeBase64(new Uint8Array(32))] })],
    ['malformed-proof', () => ({ block_path: ['!'] })],
    ['not-in-log', ({ log_path }) => ({ log_path: log_path.toReversed() })],
    ['not-in-log', ({ manifest }) => ({ manifest: manifest.replace('"frame_bytes":100', '"frame_bytes":101') })],
    ['manifest-not-canonical', ({ manifest }) => ({ manifest: ` ${manifest}` })],
    ['malformed-manifest', () => ({ manifest: '{}' })],
    ['bad-signature', ({ checkpoint }) => ({ checkpoint: checkpoint.replace('\n5\n', '\n6\n') })],
    ['malformed-note', ({ checkpoint }) => ({ checkpoint: `${checkpoint}\n` })],
    ['not-signed-by-key', ({ checkpoint }) => ({ checkpoint: checkpoint + checkpoint.split('\n\n')[1] })],
    [
      'wrong-origin',
      () => ({
        checkpoint: signed(formatCheckpoint({ origin: 'another', size: 5, root: new Uint8Array(32), extensions: [] })),
      }),
    ],
    ['malformed-checkpoint', () => ({ checkpoint: signed('x\n05\ny\n') })],
  ])('tells %s', async (code, change) => {
    expect(await codeOf({ ...proof, ...change(proof) })).toBe(code);
  });

  test('tells a key that is none, and one that is another’s', async () => {
    expect(await codeOf(proof, 'example.org/ledger')).toBe('malformed-key');
    expect(await codeOf(proof, VKEY.replace(KEY.keyId, '00000000'))).toBe('wrong-key-id');
    const other = verifierKey(nodeSha256, 'example.org/ledger', new Uint8Array(32));
    expect(await codeOf(proof, formatVerifierKey(other))).toBe('not-signed-by-key');
  });

  test('finds any one changed character', async () => {
    const parts = ['line', 'manifest', 'checkpoint'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...parts),
        fc.nat(),
        fc.integer({ min: 33, max: 126 }),
        async (part, place, code) => {
          const text = proof[part];
          const at = place % text.length;
          const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
          expect((await codeOf({ ...proof, [part]: changed })) === 'verified').toBe(changed === text);
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('manifests', () => {
  const manifest = manifestOf(3, [lineOf(30), lineOf(31), lineOf(32)]);

  test('read back as written', () => {
    expect(parseManifest(manifestLine(manifest))).toEqual({ ok: true, value: manifest });
  });

  test('fit an entry of a bundle at their largest', () => {
    const long = {
      observer: '\u{1f600}'.repeat(32),
      session: '\u{1f600}'.repeat(16),
      first_seq: Number.MAX_SAFE_INTEGER - 64,
      count: 64,
      received: TIME,
      signed: {
        count: 64,
        first_seq: Number.MAX_SAFE_INTEGER - 64,
        key: '0'.repeat(16),
        lines_sha256: '0'.repeat(64),
        signature: encodeBase64(new Uint8Array(64)),
      },
    };
    const max = Number.MAX_SAFE_INTEGER;
    const largest: BlockManifest = {
      ...manifest,
      class: 'c'.repeat(64),
      block: max,
      segment: max,
      offset: max,
      frame_bytes: max,
      payload_bytes: 8192 * 32_769,
      count: 64 * 64,
      batches: Array.from({ length: 64 }, () => long),
    };
    const line = manifestLine(largest);
    expect(parseManifest(line)).toEqual({ ok: true, value: largest });
    expect(utf8.encode(line).length).toBeLessThan(65_536);
  });

  test.each<[string, Record<string, unknown>]>([
    ['a version that is not 1', { v: 2 }],
    ['an unknown field', { extra: 1 }],
    ['a count that is not its batches’', { count: 4 }],
    ['a count of 0', { count: 0, batches: [] }],
    ['a class that names no folder', { class: '../x' }],
    ['a root of another length', { root: 'AAAA' }],
    ['a segment after its block', { segment: 4 }],
    ['a time range that ends before it begins', { last_timestamp: '2026-11-22T14:36:49.123455Z' }],
    ['a hash in capitals', { frame_sha256: 'A'.repeat(64) }],
    [
      'more than 128 batches',
      { count: 129, batches: Array.from({ length: 129 }, () => ({ ...manifest.batches[0], count: 1 })) },
    ],
    ['an observer with escapes', { batches: manifest.batches.map((batch) => ({ ...batch, observer: 'a"' })) }],
    ['an unknown field of a batch', { batches: manifest.batches.map((batch) => ({ ...batch, note: 'a' })) }],
    [
      'a signature of another length',
      { batches: manifest.batches.map((batch) => ({ ...batch, signed: { signature: 'AAAA' } })) },
    ],
  ])('refuse %s', (_, change) => {
    const changed: BlockManifest = { ...manifest, ...change };
    const parsed = parseManifest(manifestLine(changed));
    expect(parsed.ok).toBe(false);
  });
});
