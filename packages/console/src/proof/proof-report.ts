import type { BlockManifest, Checkpoint, Hash, RecordProof, VerifyEd25519 } from '@portledger/format';
import {
  decodeBase64,
  encodeBase64,
  leafHash,
  parseCheckpoint,
  parseManifest,
  parseNote,
  verifyCheckpoint,
  verifyInclusion,
  verifyRecordProof,
} from '@portledger/format';
import type { RecordDetail } from '../api/hit.ts';

export type StepName = 'line' | 'block' | 'manifest' | 'log' | 'checkpoint' | 'key';

/** One link of the chain from the line to the key. `skipped`: nothing could be checked, since a link before it is missing. */
export type ProofStep = {
  readonly name: StepName;
  readonly outcome: 'pass' | 'fail' | 'skipped';
  /** The hash or fingerprint at this step, as text. */
  readonly digest?: string;
  /** How many hashes lead up to it; absent where there is no path. */
  readonly pathLength?: number;
  readonly explanation: string;
};

export type ProofReport = {
  /** `pass` only when verifyRecordProof and every step of the picture agree. */
  readonly verdict: 'pass' | 'fail';
  readonly steps: readonly ProofStep[];
  /** Why it failed, in one sentence. */
  readonly message?: string;
  readonly checkpoint?: Checkpoint;
};

export type ProofTools = { readonly hash: Hash; readonly verifyEd25519: VerifyEd25519 };

export type ProofKeys = { readonly pinned: string; readonly offered: string };

/**
 * Checks a served proof against the record that is shown and the key this browser knows. Any input may be hostile.
 * Throws only when the browser cannot check Ed25519 signatures at all.
 */
export async function checkProof(
  detail: RecordDetail,
  proof: RecordProof,
  keys: ProofKeys,
  tools: ProofTools,
): Promise<ProofReport> {
  const verified = await verifyRecordProof(proof, keys.pinned, tools.hash, tools.verifyEd25519);
  const signed = await verifyCheckpoint(proof.checkpoint, keys.pinned, tools.hash, tools.verifyEd25519);
  const manifest = manifestOf(proof);
  const checkpoint = signed.ok ? signed.value : unsignedCheckpoint(proof.checkpoint);
  const steps: ProofStep[] = [
    lineStep(detail, proof, tools.hash),
    blockStep(proof, manifest, tools.hash),
    manifestStep(detail, proof, manifest, tools.hash),
    logStep(proof, checkpoint, tools.hash),
    checkpointStep(checkpoint, signed.ok ? undefined : signed.fault.message),
    keyStep(keys),
  ];
  const broken = steps.find((step) => step.outcome === 'fail');
  if (!verified.ok && broken === undefined) {
    // The picture's checks are coarser than the verifier's; its word decides, and shows where it looks at the manifest.
    const at = steps.findIndex((step) => step.name === 'manifest');
    steps[at] = { name: 'manifest', outcome: 'fail', explanation: verified.fault.message };
  }
  if (verified.ok && broken === undefined && steps.every((step) => step.outcome === 'pass')) {
    return { verdict: 'pass', steps, checkpoint: verified.value.checkpoint };
  }
  return {
    verdict: 'fail',
    steps,
    message: broken?.explanation ?? (verified.ok ? 'A step could not be checked.' : verified.fault.message),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function lineStep(detail: RecordDetail, proof: RecordProof, hash: Hash): ProofStep {
  const digest = encodeBase64(leafHash(hash, bytesOf(proof.line)));
  const same = proof.line === detail.line && proof.block === detail.block && proof.position === detail.position;
  return {
    name: 'line',
    outcome: same ? 'pass' : 'fail',
    digest,
    explanation: same
      ? 'The line shown here is the line that is proved.'
      : 'The proof is for another line than the one shown here.',
  };
}

function blockStep(proof: RecordProof, manifest: BlockManifest | undefined, hash: Hash): ProofStep {
  const name = 'block';
  const pathLength = proof.block_path.length;
  const path = decodePath(proof.block_path);
  const root = manifest === undefined ? undefined : decodeBase64(manifest.root);
  if (manifest === undefined || root === undefined) {
    return {
      name,
      outcome: 'skipped',
      pathLength,
      explanation: 'Without a readable manifest there is no root to reach.',
    };
  }
  const leaf = leafHash(hash, bytesOf(proof.line));
  const included =
    path !== undefined &&
    manifest.block === proof.block &&
    verifyInclusion(hash, { leafHash: leaf, index: proof.position, size: manifest.count, path, root });
  return {
    name,
    outcome: included ? 'pass' : 'fail',
    digest: manifest.root,
    pathLength,
    explanation: included
      ? `The line is record ${proof.position} of the ${manifest.count} in block ${proof.block}.`
      : `The line’s hash does not lead to the root of block ${proof.block}: line or path was altered.`,
  };
}

function manifestStep(
  detail: RecordDetail,
  proof: RecordProof,
  manifest: BlockManifest | undefined,
  hash: Hash,
): ProofStep {
  const name = 'manifest';
  if (manifest === undefined) {
    return { name, outcome: 'fail', explanation: 'What was served as the block’s manifest is not one.' };
  }
  const digest = encodeBase64(leafHash(hash, bytesOf(proof.manifest)));
  const batch = manifest.batches.find((_, at) => {
    const first = manifest.batches.slice(0, at).reduce((sum, before) => sum + before.count, 0);
    return detail.position >= first && detail.position < first + (manifest.batches[at]?.count ?? 0);
  });
  const same = batch?.received === detail.received && manifest.class === detail.class;
  return {
    name,
    outcome: same ? 'pass' : 'fail',
    digest,
    explanation: same
      ? 'The manifest holds that root, and the receive time and retention class shown here.'
      : 'Receive time or retention class shown here is not what the manifest says.',
  };
}

function logStep(proof: RecordProof, checkpoint: Checkpoint | undefined, hash: Hash): ProofStep {
  const name = 'log';
  const pathLength = proof.log_path.length;
  if (checkpoint === undefined) {
    return {
      name,
      outcome: 'skipped',
      pathLength,
      explanation: 'Without a readable checkpoint there is no root to reach.',
    };
  }
  const path = decodePath(proof.log_path);
  const leaf = leafHash(hash, bytesOf(proof.manifest));
  const { size, root } = checkpoint;
  const included =
    path !== undefined && verifyInclusion(hash, { leafHash: leaf, index: proof.block, size, path, root });
  return {
    name,
    outcome: included ? 'pass' : 'fail',
    digest: encodeBase64(root),
    pathLength,
    explanation: included
      ? `The manifest is entry ${proof.block} of the ${size} in the log.`
      : 'The manifest’s hash does not lead to the log’s root: manifest, path or checkpoint was altered.',
  };
}

function checkpointStep(checkpoint: Checkpoint | undefined, fault: string | undefined): ProofStep {
  return {
    name: 'checkpoint',
    outcome: fault === undefined ? 'pass' : 'fail',
    explanation:
      fault === undefined
        ? `${checkpoint?.origin ?? ''} signed the root of a tree of ${checkpoint?.size ?? 0}.`
        : `The checkpoint’s signature is not good: ${fault}`,
  };
}

function keyStep({ pinned, offered }: ProofKeys): ProofStep {
  const same = pinned === offered;
  return {
    name: 'key',
    outcome: same ? 'pass' : 'fail',
    explanation: same
      ? 'The key is the one this browser knows for this log.'
      : 'The collector shows another key than the one this browser knows.',
  };
}

function manifestOf(proof: RecordProof): BlockManifest | undefined {
  const parsed = parseManifest(proof.manifest);
  return parsed.ok ? parsed.value : undefined;
}

/** What the checkpoint says, believed or not, so that the steps before the signature can still be shown. */
function unsignedCheckpoint(note: string): Checkpoint | undefined {
  const parsed = parseNote(note);
  if (!parsed.ok) return undefined;
  const checkpoint = parseCheckpoint(parsed.value.text);
  return checkpoint.ok ? checkpoint.value : undefined;
}

function decodePath(path: readonly string[]): readonly Uint8Array[] | undefined {
  const nodes = path.map((text) => decodeBase64(text));
  return nodes.every((node) => node !== undefined) ? nodes : undefined;
}
