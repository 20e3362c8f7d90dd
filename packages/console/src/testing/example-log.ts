import { generateKeyPairSync, sign } from 'node:crypto';
import type { AccessRecord, BlockManifest, RecordProof } from '@portledger/format';
import {
  canonicalLine,
  encodeBase64,
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  inclusionPath,
  leafHash,
  manifestLine,
  rootOf,
  verifierKey,
} from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import type { RecordDetail } from '../api/hit.ts';

/** A small signed log in memory, whose proofs are right. */
export type ExampleLog = {
  readonly vkey: string;
  readonly prove: (block: number, position: number) => { readonly detail: RecordDetail; readonly proof: RecordProof };
};

const ORIGIN = 'log.example';
const RECEIVED = '2026-11-22T14:40:00.000000Z';
const CLASS = 'default';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const leafOf = (text: string): Uint8Array => leafHash(nodeSha256, bytesOf(text));

export function exampleLog(records: readonly AccessRecord[], blockRecords: number): ExampleLog {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const key = verifierKey(nodeSha256, ORIGIN, new Uint8Array(raw));
  const blocks = Array.from({ length: Math.floor(records.length / blockRecords) }, (_, block) =>
    records.slice(block * blockRecords, (block + 1) * blockRecords),
  );
  const manifests = blocks.map((block, at) => manifestLine(manifestOf(block, at)));
  const root = rootOf(nodeSha256, manifests.map(leafOf));
  const text = formatCheckpoint({ origin: ORIGIN, size: manifests.length, root, extensions: [] });
  const signature = new Uint8Array(sign(null, bytesOf(text), privateKey));
  const checkpoint = formatNote({ text, signatures: [{ name: key.name, keyId: key.keyId, signature }] });
  return {
    vkey: formatVerifierKey(key),
    prove: (block, position) => {
      const record = blocks[block]?.[position];
      const manifest = manifests[block];
      if (record === undefined || manifest === undefined) throw new RangeError('no such record');
      const line = canonicalLine(record);
      const leaves = (blocks[block] ?? []).map((one) => leafOf(canonicalLine(one)));
      return {
        detail: { block, position, received: RECEIVED, class: CLASS, record, line, sealed: true },
        proof: {
          line,
          block,
          position,
          block_path: inclusionPath(nodeSha256, leaves, position).map((node) => encodeBase64(node)),
          manifest,
          log_path: inclusionPath(nodeSha256, manifests.map(leafOf), block).map((node) => encodeBase64(node)),
          checkpoint,
        },
      };
    },
  };
}

function manifestOf(records: readonly AccessRecord[], block: number): BlockManifest {
  const lines = records.map((record) => canonicalLine(record));
  const times = records.map((record) => record.timestamp).toSorted();
  return {
    v: 1,
    block,
    class: CLASS,
    count: records.length,
    root: encodeBase64(rootOf(nodeSha256, lines.map(leafOf))),
    payload_bytes: lines.reduce((sum, line) => sum + bytesOf(line).length + 1, 0),
    segment: 0,
    offset: block * 1_000,
    frame_bytes: 900,
    frame_sha256: '0'.repeat(64),
    first_timestamp: times[0] ?? RECEIVED,
    last_timestamp: times.at(-1) ?? RECEIVED,
    sealed: RECEIVED,
    batches: records.map(({ observer, session, seq }) => ({
      observer,
      session,
      first_seq: seq,
      count: 1,
      received: RECEIVED,
    })),
  };
}
