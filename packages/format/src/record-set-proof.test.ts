import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encodeBase64 } from './base64.ts';
import { canonicalLine } from './canonical-line.ts';
import { formatCheckpoint } from './checkpoint.ts';
import { manifestLine } from './manifest.ts';
import { MerkleLevels } from './merkle-levels.ts';
import { leafHash, rootOf } from './merkle.ts';
import { nodeSha256, nodeVerifyEd25519 } from './node.ts';
import { readRecordSetProof, recordProofsOf, verifyRecordSetProof, type RecordSetProof } from './record-set-proof.ts';
import { formatNote } from './signed-note.ts';
import { formatVerifierKey, verifierKey } from './verifier-key.ts';

const TIME = '2026-11-22T14:36:49.123456Z';
const BLOCKS = 5;
const RECORDS = 9;
const utf8 = new TextEncoder();
const keys = generateKeyPairSync('ed25519');
const KEY = verifierKey(
  nodeSha256,
  'example.org/ledger',
  keys.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
);
const VKEY = formatVerifierKey(KEY);

function leafOf(text: string): Uint8Array {
  return leafHash(nodeSha256, utf8.encode(text));
}

function lineOf(seq: number): string {
  const stream = { observer: 'host', observer_kind: 'agent', session: 's', seq } as const;
  return canonicalLine({ v: 1, timestamp: TIME, action: 'heartbeat', ...stream });
}

const blocks = Array.from({ length: BLOCKS }, (_, block) => {
  const lines = Array.from({ length: RECORDS }, (_, at) => lineOf(block * RECORDS + at));
  const manifest = manifestLine({
    v: 1,
    block,
    class: 'default',
    count: RECORDS,
    root: encodeBase64(rootOf(nodeSha256, lines.map(leafOf))),
    payload_bytes: 1_000,
    segment: 0,
    offset: 0,
    frame_bytes: 100,
    frame_sha256: '0'.repeat(64),
    first_timestamp: TIME,
    last_timestamp: TIME,
    sealed: TIME,
    batches: [{ observer: 'host', session: 's', received: TIME, first_seq: block * RECORDS, count: RECORDS }],
  });
  return { lines, manifest };
});

/** The proof of some positions of some blocks. */
function setOf(wanted: Readonly<Record<number, readonly number[]>>): RecordSetProof {
  const leaves = blocks.map(({ manifest }) => leafOf(manifest));
  const text = formatCheckpoint({ origin: KEY.name, size: BLOCKS, root: rootOf(nodeSha256, leaves), extensions: [] });
  const signature = new Uint8Array(sign(null, utf8.encode(text), keys.privateKey));
  const base64 = (path: readonly Uint8Array[]) => path.map((hash) => encodeBase64(hash));
  return {
    checkpoint: formatNote({ text, signatures: [{ name: KEY.name, keyId: KEY.keyId, signature }] }),
    blocks: Object.entries(wanted).map(([number, positions]) => {
      const { lines, manifest } = blocks[Number(number)] ?? { lines: [], manifest: '' };
      const levels = new MerkleLevels(nodeSha256, lines.map(leafOf));
      return {
        manifest,
        log_path: base64(new MerkleLevels(nodeSha256, leaves).path(Number(number))),
        records: positions.map((position) => ({
          position,
          line: lines[position] ?? '',
          path: base64(levels.path(position)),
        })),
      };
    }),
  };
}

function verify(set: RecordSetProof, vkey = VKEY) {
  return verifyRecordSetProof(set, vkey, nodeSha256, nodeVerifyEd25519);
}

/** Every text in a JSON value, with a way to put another in its place. */
function edits(value: unknown, put: (edited: unknown) => unknown = (edited) => edited): unknown[] {
  if (typeof value === 'string') {
    const at = value.length - 5;
    const other = value[at] === 'A' ? 'B' : 'A';
    return [put(`${value.slice(0, at)}${other}${value.slice(at + 1)}`)];
  }
  if (typeof value === 'number') return [put(value + 1)];
  if (Array.isArray(value)) return value.flatMap((item, at) => edits(item, (edited) => put(value.with(at, edited))));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => edits(item, (edited) => put({ ...value, [name]: edited })));
}

describe('the proof of a set of records', () => {
  const set = setOf({ 1: [0, 4, 8], 4: [2] });

  test('verifies, and says what each record is', async () => {
    const verified = await verify(set);
    if (!verified.ok) throw new Error(verified.fault.message);
    expect(verified.value.checkpoint.size).toBe(BLOCKS);
    const places = verified.value.records.map(({ block, position, record }) => [block, position, record.seq]);
    expect(places).toEqual([
      [1, 0, 9],
      [1, 4, 13],
      [1, 8, 17],
      [4, 2, 38],
    ]);
  });

  test('is shorter than the proofs that it stands for', () => {
    const alone = recordProofsOf(set);
    expect(alone).toHaveLength(4);
    expect(JSON.stringify(set).length).toBeLessThan(JSON.stringify(alone).length * 0.7);
  });

  test('fails on any changed value, and tells the record', async () => {
    const changed = edits(set);
    expect(changed.length).toBe(28);
    for (const value of changed) {
      const read = readRecordSetProof(value);
      if (!read.ok) throw new Error('the shape is still right');
      const verified = await verify(read.value);
      expect(verified.ok, JSON.stringify(value)).toBe(false);
      if (!verified.ok) expect(verified.fault).toHaveProperty('position');
    }
  });

  test('fails where nothing is proven, and under another key', async () => {
    expect(await verify({ ...set, blocks: [] })).toMatchObject({ ok: false, fault: { code: 'malformed-proof' } });
    expect(await verify(setOf({ 2: [] }))).toMatchObject({ ok: false, fault: { code: 'malformed-proof' } });
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const key = formatVerifierKey(verifierKey(nodeSha256, KEY.name, other));
    expect((await verify(set, key)).ok).toBe(false);
  });

  test('is read back from JSON, and nothing else is', () => {
    expect(readRecordSetProof(JSON.parse(JSON.stringify(set)))).toEqual({ ok: true, value: set });
    const [block] = set.blocks;
    for (const wrong of [
      null,
      [],
      {},
      { ...set, checkpoint: 1 },
      { ...set, blocks: {} },
      { ...set, blocks: [null] },
      { ...set, blocks: [{ ...block, manifest: 3 }] },
      { ...set, blocks: [{ ...block, log_path: [1] }] },
      { ...set, blocks: [{ ...block, records: [{ position: '0', line: '', path: [] }] }] },
    ]) {
      expect(readRecordSetProof(wrong).ok).toBe(false);
    }
  });
});
