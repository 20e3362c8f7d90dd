import {
  bytesEqual,
  fail,
  formatNote,
  isSignatureOf,
  ok,
  openNote,
  parseCheckpoint,
  parseNote,
  verifyConsistency,
  type Checkpoint,
  type Hash,
  type Result,
  type VerifierKey,
  type VerifyEd25519,
} from '@portledger/format';
import { parseAddCheckpoint, type AddCheckpoint } from './add-checkpoint.ts';

/** Keys that a witness trusts, by origin. A log that changes its key has two for a while. */
export type TrustedLogs = ReadonlyMap<string, readonly VerifierKey[]>;

/** The largest tree of a log that was cosigned. */
export type WitnessedHead = { readonly size: number; readonly root: Uint8Array };

/**
 * A request whose checkpoint is signed by a log that the witness trusts. `text` is the note's, to be cosigned;
 * `signed` is a note of that text and of the log's verified signature alone.
 */
export type AdmittedRequest = AddCheckpoint & {
  readonly head: Checkpoint;
  readonly text: string;
  readonly signed: string;
};

/** A refusal: the status that tlog-witness gives it, and why. */
export type Refusal = { readonly status: 400 | 403 | 404 | 422; readonly reason: string };

export type Decision =
  | { readonly kind: 'cosign' }
  /** 409: `size` is that of the head that stands. */
  | { readonly kind: 'conflict'; readonly size: number; readonly reason: string }
  | { readonly kind: 'refuse'; readonly refusal: Refusal };

function refuse(status: Refusal['status'], reason: string): { readonly ok: false; readonly fault: Refusal } {
  return fail({ status, reason });
}

/** Reads a request and checks who signed its checkpoint. What is stored plays no part in this. */
export async function admitRequest(
  logs: TrustedLogs,
  body: string,
  verify: VerifyEd25519,
): Promise<Result<AdmittedRequest, Refusal>> {
  const request = parseAddCheckpoint(body);
  if (!request.ok) {
    return refuse(400, request.fault);
  }
  const { checkpoint } = request.value;
  const note = parseNote(checkpoint);
  if (!note.ok) {
    return refuse(400, note.fault.message);
  }
  const { text } = note.value;
  const head = parseCheckpoint(text);
  if (!head.ok) {
    return refuse(400, head.fault.message);
  }
  const keys = logs.get(head.value.origin);
  if (keys === undefined) {
    return refuse(404, 'this witness does not know the log of that origin');
  }
  for (const key of keys) {
    if ((await openNote(checkpoint, key, verify)).ok) {
      const signatures = note.value.signatures.filter((signature) => isSignatureOf(key, signature));
      return ok({ ...request.value, head: head.value, text, signed: formatNote({ text, signatures }) });
    }
  }
  return refuse(403, 'no signature of the checkpoint verifies with a key that this witness trusts for its origin');
}

/**
 * Decides on an admitted request by the head that stands; undefined is a log never cosigned. Whoever cosigns on this
 * must replace the head before anyone else decides by it (tlog-witness, end of "add-checkpoint").
 */
export function decide(hash: Hash, stored: WitnessedHead | undefined, request: AdmittedRequest): Decision {
  const { oldSize, head } = request;
  const standing = stored ?? { size: 0, root: hash(new Uint8Array(0)) };
  if (oldSize > head.size) {
    return refusal(400, `the old size ${oldSize} is larger than the checkpoint's ${head.size}`);
  }
  if (oldSize !== standing.size) {
    const reason = `the old size is ${oldSize}, the latest cosigned checkpoint has ${standing.size}`;
    return { kind: 'conflict', size: standing.size, reason };
  }
  if (head.size === standing.size && !bytesEqual(head.root, standing.root)) {
    const reason = `another root of size ${standing.size} was cosigned: the log has forked`;
    return { kind: 'conflict', size: standing.size, reason };
  }
  return isConsistent(hash, standing, request)
    ? { kind: 'cosign' }
    : refusal(422, `the proof does not lead from the tree of ${standing.size} to the one of ${head.size}`);
}

function refusal(status: Refusal['status'], reason: string): Decision {
  return { kind: 'refuse', refusal: { status, reason } };
}

function isConsistent(hash: Hash, standing: WitnessedHead, { head, proof }: AdmittedRequest): boolean {
  // Every tree extends the empty one: RFC 6962 has no proof of it, and the protocol wants none sent.
  return standing.size === 0
    ? proof.length === 0
    : verifyConsistency(hash, {
        size1: standing.size,
        size2: head.size,
        root1: standing.root,
        root2: head.root,
        path: proof,
      });
}
