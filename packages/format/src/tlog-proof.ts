import { decodeBase64, encodeBase64 } from './base64.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { trustCheckpoint, type TrustedCheckpoint, type TrustFault } from './checkpoint-trust.ts';
import { HASH_BYTES, MERKLE_PATH_MAX, NOTE_BYTES_MAX } from './limits.ts';
import { verifyInclusion } from './merkle-verification.ts';
import { fail, ok, type Result } from './result.ts';
import type { Hash } from './sha256.ts';
import { parseNote, type VerifyEd25519 } from './signed-note.ts';
import type { Policy } from './tlog-policy.ts';
import type { VerifierKey } from './verifier-key.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';
/** Bytes of the extra data: a record's line and its block's manifest fit. */
export const TLOG_PROOF_EXTRA_BYTES_MAX = 131_072;
/** Characters of a proof: extra data in base64, the longest path, and a note. */
export const TLOG_PROOF_LENGTH_MAX =
  Math.ceil(TLOG_PROOF_EXTRA_BYTES_MAX / 3) * 4 + MERKLE_PATH_MAX * 45 + NOTE_BYTES_MAX + 128;

/** A C2SP tlog-proof as it stands, nothing of it verified. */
export type TlogProof = {
  /** Opaque data of the application, at least one byte. Nothing authenticates it. */
  readonly extra?: Uint8Array;
  /** Index of the entry in the log, from 0. */
  readonly index: number;
  /** Inclusion path from the leaf's sibling up, 32 bytes each (RFC 6962, section 2.1.1). */
  readonly path: readonly Uint8Array[];
  /** The signed note of the checkpoint, verbatim. */
  readonly checkpoint: string;
};

export type TlogProofFault = { readonly code: 'malformed-proof' | 'not-in-log'; readonly message: string };

function malformed(what: string): { readonly ok: false; readonly fault: TlogProofFault } {
  return fail({ code: 'malformed-proof', message: `not a tlog-proof: ${what}; fetch it again, byte for byte` });
}

/** Reads a proof strictly: each proof has one text only. Of the checkpoint the form is checked, no more. */
export function parseTlogProof(text: string): Result<TlogProof, TlogProofFault> {
  if (text.length > TLOG_PROOF_LENGTH_MAX) {
    return malformed(`it is longer than ${TLOG_PROOF_LENGTH_MAX} characters`);
  }
  const end = text.indexOf('\n\n');
  const [header, ...lines] = text.slice(0, Math.max(end, 0)).split('\n');
  if (header !== HEADER) {
    return malformed(`its first line is not ${HEADER}, or no empty line comes before the checkpoint`);
  }
  const extra = lines[0]?.startsWith('extra ') === true ? decodeBase64(lines.shift()?.slice(6) ?? '') : null;
  if (extra === undefined || extra?.length === 0) {
    return malformed('its extra data is empty or no base64');
  }
  const indexText = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '')?.[1];
  const index = Number(indexText);
  if (indexText === undefined || !Number.isSafeInteger(index)) {
    return malformed('it has no index line where one is due');
  }
  const path = lines.flatMap((line) => {
    const hash = decodeBase64(line);
    return hash?.length === HASH_BYTES ? [hash] : [];
  });
  if (path.length !== lines.length || path.length > MERKLE_PATH_MAX) {
    return malformed(`its path is not of at most ${MERKLE_PATH_MAX} base64 SHA-256 hashes`);
  }
  const checkpoint = text.slice(end + 2);
  const note = parseNote(checkpoint);
  if (!note.ok || !parseCheckpoint(note.value.text).ok) {
    return malformed('it ends in no signed checkpoint');
  }
  return ok({ ...(extra === null ? {} : { extra }), index, path, checkpoint });
}

/** Writes a proof. Throws a RangeError on what `parseTlogProof` would not read back. */
export function formatTlogProof(proof: TlogProof): string {
  const extra = proof.extra === undefined ? [] : [`extra ${encodeBase64(proof.extra)}`];
  const head = [HEADER, ...extra, `index ${proof.index}`, ...proof.path.map(encodeBase64)];
  const text = `${head.join('\n')}\n\n${proof.checkpoint}`;
  const read = parseTlogProof(text);
  if (!read.ok) {
    throw new RangeError(`the values given make no tlog-proof: ${read.fault.message}`);
  }
  return text;
}

/** What a proof is to show: that the entry of this leaf hash is in a log that the policy trusts. */
export type TlogProofClaim = {
  /** The caller's own, made from the entry: the proof only says where it is. */
  readonly leafHash: Uint8Array;
  readonly policy: Policy;
  /** Logs known from elsewhere, for a policy that lists none. */
  readonly otherLogs?: readonly VerifierKey[];
};

/** Verifies a claim by a proof: the policy trusts the checkpoint, and the path leads to its root. Nothing is fetched. */
export async function verifyTlogProof(
  proof: TlogProof,
  claim: TlogProofClaim,
  hash: Hash,
  verify: VerifyEd25519,
): Promise<Result<TrustedCheckpoint, TlogProofFault | TrustFault>> {
  const trusted = await trustCheckpoint(claim.policy, proof.checkpoint, verify, claim.otherLogs);
  if (!trusted.ok) {
    return trusted;
  }
  const { size, root } = trusted.value.checkpoint;
  return verifyInclusion(hash, { leafHash: claim.leafHash, index: proof.index, size, path: proof.path, root })
    ? trusted
    : fail({
        code: 'not-in-log',
        message: `the entry is not number ${proof.index} of the log of ${size}; it was altered, or the proof is another's`,
      });
}
