import { fail, formatNote, isSignatureOf, ok, parseNote, type Result } from '@portledger/format';
import { WITNESSES_MAX } from './limits.ts';
import {
  requestCosignature,
  type CosignatureRequest,
  type WitnessCosignature,
  type WitnessTarget,
} from './witness-client.ts';
import type { WitnessFault } from './witness-fault.ts';

/** A witness by a name that the caller gives it, and the size it is thought to have cosigned last. */
export type NamedWitness = WitnessTarget & { readonly name: string; readonly oldSize: number };

export type CosignOptions = {
  /** Whether these witnesses are enough: a policy's quorum, or a number of them. */
  readonly quorum: (signed: ReadonlySet<string>) => boolean;
  /** Milliseconds for the whole. */
  readonly deadlineMs: number;
  /** Milliseconds for which the others are still waited for once the quorum is met. */
  readonly graceMs?: number;
  /** Ends it all where the caller waits no longer. */
  readonly signal?: AbortSignal;
};

export type Cosigned = {
  /** The checkpoint's note with all cosignatures got, in the order of the witnesses. */
  readonly checkpoint: string;
  /** By witness. Its `size` is the next request's `oldSize`. */
  readonly signed: ReadonlyMap<string, WitnessCosignature>;
  readonly faults: ReadonlyMap<string, WitnessFault>;
};

/** The quorum was not met by the deadline. What there is of cosignatures is in it all the same. */
export type CosignFault = Cosigned & { readonly code: 'quorum-not-met'; readonly message: string };

/**
 * Has a checkpoint cosigned by several witnesses at once, until a quorum has, all have answered or the deadline has
 * come. A quorum that asks for none is no reason to stop early. Throws a RangeError where names are not distinct or too many, or `checkpoint` is no signed checkpoint.
 */
export async function cosignCheckpoint(
  witnesses: readonly NamedWitness[],
  request: Pick<CosignatureRequest, 'checkpoint' | 'proof'>,
  { quorum, deadlineMs, graceMs = 0, signal }: CosignOptions,
): Promise<Result<Cosigned, CosignFault>> {
  if (new Set(witnesses.map(({ name }) => name)).size !== witnesses.length || witnesses.length > WITNESSES_MAX) {
    throw new RangeError(`at most ${WITNESSES_MAX} witnesses can be asked, each with a name of its own`);
  }
  const end = new AbortController();
  const ends = signal === undefined ? end.signal : AbortSignal.any([end.signal, signal]);
  const timers = [setTimeout(() => end.abort(), deadlineMs)];
  const signed = new Map<string, WitnessCosignature>();
  const faults = new Map<string, WitnessFault>();
  const met = (): boolean => quorum(new Set(signed.keys()));
  const ask = async (witness: NamedWitness): Promise<void> => {
    const { checkpoint, proof } = request;
    const options = { timeoutMs: deadlineMs, signal: ends };
    const answer = await requestCosignature(witness, { checkpoint, proof, oldSize: witness.oldSize }, options);
    if (!answer.ok) {
      faults.set(witness.name, answer.fault);
      return;
    }
    const before = met();
    signed.set(witness.name, answer.value);
    if (!before && met()) {
      timers.push(setTimeout(() => end.abort(), graceMs));
    }
  };
  try {
    await Promise.all(witnesses.map(ask));
  } finally {
    end.abort(); // where one threw, the others are not left running
    timers.forEach(clearTimeout);
  }
  const cosigned = { checkpoint: withCosignatures(request.checkpoint, witnesses, signed), signed, faults };
  return met() ? ok(cosigned) : fail({ ...cosigned, code: 'quorum-not-met', message: missingMessage(cosigned) });
}

/** A quorum of any so many witnesses. */
export function atLeast(count: number): (signed: ReadonlySet<string>) => boolean {
  return (signed) => signed.size >= count;
}

function missingMessage({ signed, faults }: Cosigned): string {
  const why = [...faults].map(([name, { message }]) => `${name}: ${message}`);
  const count = `${signed.size} of ${signed.size + faults.size} witnesses cosigned the checkpoint, which is no quorum`;
  return [count, ...why].join('\n');
}

/** The note with new cosignature lines, each in place of an older one by the same key. */
function withCosignatures(
  checkpoint: string,
  witnesses: readonly NamedWitness[],
  signed: ReadonlyMap<string, WitnessCosignature>,
): string {
  const note = parseNote(checkpoint);
  if (!note.ok) {
    throw new RangeError('what is no signed checkpoint takes no cosignatures');
  }
  const { text } = note.value;
  const signers = witnesses.filter(({ name }) => signed.has(name));
  const kept = note.value.signatures.filter((line) => !signers.some(({ key }) => isSignatureOf(key, line)));
  const lines = signers.map(({ name }) => signed.get(name)?.line ?? '').join('');
  const whole = (kept.length === 0 ? `${text}\n` : formatNote({ text, signatures: kept })) + lines;
  if (!parseNote(whole).ok) {
    throw new RangeError('the checkpoint and its cosignatures make no signed note');
  }
  return whole;
}
