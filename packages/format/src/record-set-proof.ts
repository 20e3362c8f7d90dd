import type { Checkpoint } from './checkpoint.ts';
import { isJsonObject } from './json-value.ts';
import { parseManifest } from './manifest.ts';
import { bytesEqual } from './merkle-verification.ts';
import { verifyRecordProof, type ProofFacts, type ProofFault, type RecordProof } from './record-proof.ts';
import { fail, ok, type Result } from './result.ts';
import type { Hash } from './sha256.ts';
import type { VerifyEd25519 } from './signed-note.ts';

/** One record of a set, in its block. */
export type SetRecord = {
  readonly position: number;
  /** The record's canonical line, without a newline. */
  readonly line: string;
  /** Inclusion path inside the block, from the leaf up, base64. */
  readonly path: readonly string[];
};

/** The records of a set that stand in one block. Its number stands in the manifest. */
export type SetBlock = {
  readonly manifest: string;
  /** Inclusion path of the manifest in the log, from the leaf up, base64. */
  readonly log_path: readonly string[];
  readonly records: readonly SetRecord[];
};

/** Proof of many records at once: what they share is told once, the checkpoint for all and the manifest for a block. */
export type RecordSetProof = {
  readonly checkpoint: string;
  readonly blocks: readonly SetBlock[];
};

/** What a verified set shows. `records` stand as in the proof: block by block. */
export type SetFacts = { readonly checkpoint: Checkpoint; readonly records: readonly SetRecordFacts[] };
export type SetRecordFacts = Pick<ProofFacts, 'record' | 'batch' | 'manifest'> & {
  readonly block: number;
  readonly position: number;
  readonly line: string;
};

/** Why a set does not verify, and at which record. */
export type SetFault = ProofFault & { readonly block?: number; readonly position?: number };

/** The proof of each record by itself, which is what a set stands for. A manifest that is none gives block -1. */
export function recordProofsOf(set: RecordSetProof): RecordProof[] {
  return set.blocks.flatMap(({ manifest, log_path: logPath, records }) => {
    const parsed = parseManifest(manifest);
    const block = parsed.ok ? parsed.value.block : -1;
    return records.map(({ position, line, path }) => ({
      line,
      block,
      position,
      block_path: path,
      manifest,
      log_path: logPath,
      checkpoint: set.checkpoint,
    }));
  });
}

/** Remembers the last signature that was verified: all proofs of a set rest on the same one. */
function rememberingLast(verify: VerifyEd25519): VerifyEd25519 {
  let last: { readonly asked: readonly Uint8Array[]; readonly answer: boolean } | undefined;
  return async (...asked) => {
    if (last?.asked.every((bytes, at) => bytesEqual(bytes, asked[at] ?? new Uint8Array(0))) === true) {
      return last.answer;
    }
    const answer = await verify(...asked);
    last = { asked, answer };
    return answer;
  };
}

/**
 * Verifies every record of a set, each as its own proof would be, so that there is one way to verify and not two. Any
 * input may be hostile. A set without records proves nothing and does not verify. Nothing is fetched; `hash` is SHA-256.
 */
export async function verifyRecordSetProof(
  set: RecordSetProof,
  vkey: string,
  hash: Hash,
  verifyEd25519: VerifyEd25519,
): Promise<Result<SetFacts, SetFault>> {
  const records: SetRecordFacts[] = [];
  let checkpoint: Checkpoint | undefined;
  const verifySignature = rememberingLast(verifyEd25519);
  for (const proof of recordProofsOf(set)) {
    const { block, position, line } = proof;
    const verified = await verifyRecordProof(proof, vkey, hash, verifySignature);
    if (!verified.ok) return fail({ ...verified.fault, block, position });
    const { record, batch, manifest } = verified.value;
    checkpoint = verified.value.checkpoint;
    records.push({ block, position, line, record, batch, manifest });
  }
  return checkpoint === undefined
    ? fail({ code: 'malformed-proof', message: 'the proof holds no record; ask for it again' })
    : ok({ checkpoint, records });
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((text) => typeof text === 'string') ? value : undefined;
}

function setRecord(value: unknown): SetRecord | undefined {
  if (!isJsonObject(value)) return undefined;
  const { position, line } = value;
  const path = texts(value['path']);
  return typeof position === 'number' && typeof line === 'string' && path !== undefined
    ? { position, line, path }
    : undefined;
}

function setBlock(value: unknown): SetBlock | undefined {
  if (!isJsonObject(value) || !Array.isArray(value['records'])) return undefined;
  const { manifest } = value;
  const logPath = texts(value['log_path']);
  const records = value['records'].map(setRecord).filter((record) => record !== undefined);
  const isWhole = typeof manifest === 'string' && logPath !== undefined && records.length === value['records'].length;
  return isWhole ? { manifest, log_path: logPath, records } : undefined;
}

/** Reads a set from JSON as the API gives it. Only the shape is checked: what it says is for `verifyRecordSetProof`. */
export function readRecordSetProof(input: unknown): Result<RecordSetProof, ProofFault> {
  if (isJsonObject(input) && typeof input['checkpoint'] === 'string' && Array.isArray(input['blocks'])) {
    const blocks = input['blocks'].map(setBlock).filter((block) => block !== undefined);
    if (blocks.length === input['blocks'].length) return ok({ checkpoint: input['checkpoint'], blocks });
  }
  return fail({ code: 'malformed-proof', message: 'this is not the proof of a set of records; ask for it again' });
}
