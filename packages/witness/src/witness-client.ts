import {
  cosignatureLine,
  fail,
  ok,
  openCosignature,
  parseCheckpoint,
  parseNote,
  type Result,
  type SignedNote,
  type VerifierKey,
} from '@portledger/format';
import { nodeVerifyEd25519 } from '@portledger/format/node';
import { formatAddCheckpoint, parseSize } from './add-checkpoint.ts';
import { postText } from './http-post.ts';
import { ANSWER_TIMEOUT_MS, ATTEMPTS_MAX } from './limits.ts';
import { witnessFault, type WitnessFault } from './witness-fault.ts';

/** A witness to ask: its submission prefix, and the key whose cosignature counts. */
export type WitnessTarget = { readonly url: string; readonly key: VerifierKey };

export type CosignatureRequest = {
  /** The checkpoint's note, signed by its log. */
  readonly checkpoint: string;
  /** Size that the witness is thought to have cosigned last; 0 where that is not known. */
  readonly oldSize: number;
  /** Consistency path from the tree of a size to the checkpoint's; asked for sizes between 0 and that one. */
  readonly proof: (oldSize: number) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
};

export type RequestOptions = {
  /** Milliseconds for each answer. */
  readonly timeoutMs?: number;
  /** Ends the request where the caller waits no longer. */
  readonly signal?: AbortSignal;
};

/** A verified cosignature. `size` is what the witness has cosigned now: the next request's `oldSize`. */
export type WitnessCosignature = { readonly line: string; readonly timeSeconds: number; readonly size: number };

/**
 * Asks a witness to cosign a checkpoint (C2SP tlog-witness, `add-checkpoint`). A witness that has another size than
 * thought tells it, and is asked again from there. Whatever it answers is verified with its key. Throws a RangeError
 * where `checkpoint` is no signed checkpoint, and whatever `proof` throws.
 */
export async function requestCosignature(
  witness: WitnessTarget,
  request: CosignatureRequest,
  options: RequestOptions = {},
): Promise<Result<WitnessCosignature, WitnessFault>> {
  const note = parseNote(request.checkpoint);
  const head = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!note.ok || !head.ok) {
    throw new RangeError('no witness can be asked to cosign what is no signed checkpoint');
  }
  const { size } = head.value;
  let oldSize = Math.min(request.oldSize, size);
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const proof = oldSize > 0 && oldSize < size ? await request.proof(oldSize) : [];
    const body = formatAddCheckpoint({ oldSize, proof, checkpoint: request.checkpoint });
    const answer = await postText(`${witness.url.replace(/\/+$/, '')}/add-checkpoint`, body, {
      timeoutMs: options.timeoutMs ?? ANSWER_TIMEOUT_MS,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    if (!answer.ok) {
      return answer;
    }
    if (answer.value.status === 200) {
      return openAnswer(note.value, size, witness.key, answer.value.body);
    }
    if (answer.value.status !== 409) {
      return fail(statusFault(answer.value.status, answer.value.body));
    }
    const told = sizeTold(answer.value.body, oldSize, size);
    if (!told.ok) {
      return told;
    }
    oldSize = told.value;
  }
  return fail(witnessFault('conflict', `its size changed ${ATTEMPTS_MAX} times; ask one at a time for one log`));
}

/** The size to ask from next, where a conflict's answer leaves one. */
function sizeTold(body: string, oldSize: number, size: number): Result<number, WitnessFault> {
  const told = body.endsWith('\n') ? parseSize(body.slice(0, -1)) : undefined;
  if (told === undefined) {
    return fail(witnessFault('bad-answer', 'it answered 409 without a tree size; check that its address is right'));
  }
  if (told > size) {
    const message = `it has cosigned ${told} entries, this checkpoint has ${size}; the ledger was set back, or is a copy`;
    return fail({ ...witnessFault('ahead', message), witnessSize: told });
  }
  if (told === oldSize) {
    const message = `it has cosigned another tree of ${told} entries for this log; keep both checkpoints as evidence`;
    return fail({ ...witnessFault('forked', message), witnessSize: told });
  }
  return ok(told);
}

/** Finds and verifies the witness's own line in its answer; lines by other keys are passed over. */
async function openAnswer(
  note: SignedNote,
  size: number,
  key: VerifierKey,
  body: string,
): Promise<Result<WitnessCosignature, WitnessFault>> {
  const answered = parseNote(`${note.text}\n${body}`);
  if (!answered.ok || answered.value.text !== note.text) {
    return fail(witnessFault('bad-answer', 'it answered 200 without signature lines; check that its address is right'));
  }
  const opened = await openCosignature(answered.value, key, nodeVerifyEd25519);
  return opened.ok
    ? ok({ line: cosignatureLine(key, opened.value), timeSeconds: opened.value.timeSeconds, size })
    : fail(witnessFault('bad-cosignature', opened.fault.message));
}

function statusFault(status: number, body: string): WitnessFault {
  const reason = JSON.stringify(body.slice(0, 200).trim());
  switch (status) {
    case 400:
      return witnessFault('bad-request', `it did not understand the request: ${reason}`, status);
    case 403:
      return witnessFault('not-trusted', `it does not trust the key that signed the checkpoint: ${reason}`, status);
    case 404:
      return witnessFault('unknown-log', `it does not know this log, or its address is wrong: ${reason}`, status);
    case 422:
      return witnessFault('bad-proof', `the consistency proof does not verify there: ${reason}`, status);
    default:
      return status >= 500 || status === 429
        ? witnessFault('unavailable', `it cannot cosign now: ${reason}; try again later`, status)
        : witnessFault('bad-answer', `it answered ${status}: ${reason}; check that its address is right`, status);
  }
}
