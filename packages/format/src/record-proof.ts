import { decodeBase64 } from './base64.ts';
import { verifyCheckpoint, type Checkpoint, type CheckpointFault } from './checkpoint.ts';
import { parseManifest, type BatchEntry, type BlockManifest, type ManifestFault } from './manifest.ts';
import { leafHash } from './merkle.ts';
import { verifyInclusion } from './merkle-verification.ts';
import type { RecordFault } from './record-fault.ts';
import type { AccessRecord } from './record.ts';
import { fail, ok, type Result } from './result.ts';
import type { Hash } from './sha256.ts';
import type { NoteFault, VerifyEd25519 } from './signed-note.ts';
import { parseLine } from './strict-parse.ts';
import type { VerifierKeyFault } from './verifier-key.ts';

/** All that it takes to prove one record to someone who has only the log's verifier key. */
export type RecordProof = {
  /** The record's canonical line, without a newline. */
  readonly line: string;
  /** Its address: number of the block, and place in the block from 0. */
  readonly block: number;
  readonly position: number;
  /** Inclusion path inside the block, from the leaf up, base64. */
  readonly block_path: readonly string[];
  /** The block's manifest, its canonical line. */
  readonly manifest: string;
  /** Inclusion path of the manifest in the log, from the leaf up, base64. */
  readonly log_path: readonly string[];
  /** The signed note of the checkpoint. */
  readonly checkpoint: string;
};

/** What a verified proof shows. `batch` is the one that brought the record. */
export type ProofFacts = {
  readonly record: AccessRecord;
  readonly manifest: BlockManifest;
  readonly batch: BatchEntry;
  readonly checkpoint: Checkpoint;
};

export type ProofFault =
  | VerifierKeyFault
  | NoteFault
  | CheckpointFault
  | ManifestFault
  | {
      readonly code:
        | 'malformed-proof'
        | 'malformed-line'
        | 'wrong-block'
        | 'wrong-position'
        | 'not-in-block'
        | 'not-in-log'
        | 'wrong-stream';
      readonly message: string;
    };

function decodePath(path: readonly string[]): Uint8Array[] | undefined {
  const hashes: Uint8Array[] = [];
  for (const text of path) {
    const bytes = decodeBase64(text);
    if (bytes === undefined) {
      return undefined;
    }
    hashes.push(bytes);
  }
  return hashes;
}

/** The batch that holds a position of its block, and the position's place in the batch. */
function batchAt(manifest: BlockManifest, position: number): { batch: BatchEntry; place: number } | undefined {
  if (!Number.isSafeInteger(position) || position < 0) {
    return undefined;
  }
  let first = 0;
  for (const batch of manifest.batches) {
    if (position < first + batch.count) {
      return { batch, place: position - first };
    }
    first += batch.count;
  }
  return undefined;
}

/** The record, if the manifest's batch says the same of its stream as the record itself. */
function recordOf(proof: RecordProof, manifest: BlockManifest): Result<Omit<ProofFacts, 'checkpoint'>, ProofFault> {
  const parsed: Result<AccessRecord, RecordFault> = parseLine(proof.line);
  if (!parsed.ok) {
    return fail({ code: 'malformed-line', message: `the line is no canonical record: ${parsed.fault.message}` });
  }
  const found = batchAt(manifest, proof.position);
  if (found === undefined) {
    return fail({
      code: 'wrong-position',
      message: `block ${manifest.block} has ${manifest.count} records, none at ${proof.position}; ask for the record's own address`,
    });
  }
  const { batch, place } = found;
  const record = parsed.value;
  const fits =
    record.observer === batch.observer && record.session === batch.session && record.seq === batch.first_seq + place;
  return fits
    ? ok({ record, manifest, batch })
    : fail({
        code: 'wrong-stream',
        message: `the record's observer, session or seq is not what the manifest says of position ${proof.position}; the collector sealed it wrongly, so report it`,
      });
}

/**
 * Verifies that a record stands at its address in the log of `vkey`: line → block root → manifest → log root →
 * signature. Any input may be hostile. Nothing is fetched; `hash` is SHA-256.
 */
export async function verifyRecordProof(
  proof: RecordProof,
  vkey: string,
  hash: Hash,
  verifyEd25519: VerifyEd25519,
): Promise<Result<ProofFacts, ProofFault>> {
  const checkpoint = await verifyCheckpoint(proof.checkpoint, vkey, hash, verifyEd25519);
  if (!checkpoint.ok) {
    return checkpoint;
  }
  const manifest = parseManifest(proof.manifest);
  if (!manifest.ok) {
    return manifest;
  }
  if (manifest.value.block !== proof.block) {
    return fail({
      code: 'wrong-block',
      message: `the manifest is of block ${manifest.value.block}, not ${proof.block}; ask for the proof again`,
    });
  }
  const facts = recordOf(proof, manifest.value);
  if (!facts.ok) {
    return facts;
  }
  const included = verifyPaths(proof, manifest.value, checkpoint.value, hash);
  return included.ok ? ok({ ...facts.value, checkpoint: checkpoint.value }) : included;
}

function verifyPaths(
  proof: RecordProof,
  manifest: BlockManifest,
  checkpoint: Checkpoint,
  hash: Hash,
): Result<null, ProofFault> {
  const blockPath = decodePath(proof.block_path);
  const logPath = decodePath(proof.log_path);
  const blockRoot = decodeBase64(manifest.root);
  if (blockPath === undefined || logPath === undefined || blockRoot === undefined) {
    return fail({ code: 'malformed-proof', message: 'a path holds what is no base64; ask for the proof again' });
  }
  const utf8 = new TextEncoder();
  const inBlock = verifyInclusion(hash, {
    leafHash: leafHash(hash, utf8.encode(proof.line)),
    index: proof.position,
    size: manifest.count,
    path: blockPath,
    root: blockRoot,
  });
  if (!inBlock) {
    return fail({
      code: 'not-in-block',
      message: `the line is not at position ${proof.position} of block ${proof.block}; it was altered, or the path is another's`,
    });
  }
  const inLog = verifyInclusion(hash, {
    leafHash: leafHash(hash, utf8.encode(proof.manifest)),
    index: proof.block,
    size: checkpoint.size,
    path: logPath,
    root: checkpoint.root,
  });
  return inLog
    ? ok(null)
    : fail({
        code: 'not-in-log',
        message: `the manifest is not entry ${proof.block} of the log of ${checkpoint.size}; it was altered, or the checkpoint is another's`,
      });
}
