import { parseCheckpoint, type Checkpoint, type CheckpointFault } from './checkpoint.ts';
import { isSignatureOf, openCosignature } from './cosignature.ts';
import { fail, ok, type Result } from './result.ts';
import { openNote, parseNote, type NoteFault, type SignedNote, type VerifyEd25519 } from './signed-note.ts';
import { NO_QUORUM, type Policy } from './tlog-policy.ts';
import type { VerifierKey } from './verifier-key.ts';

/** A witness of the policy, by its name there, that cosigned at `timeSeconds` since the epoch. */
export type WitnessStatement = { readonly witness: string; readonly timeSeconds: number };

/** Who vouches for a checkpoint: the log's key, the witnesses that cosigned, and those of the policy that did not. */
export type TrustedCheckpoint = {
  readonly checkpoint: Checkpoint;
  readonly log: VerifierKey;
  readonly signed: readonly WitnessStatement[];
  readonly missing: readonly string[];
};

export type TrustFault =
  | NoteFault
  | CheckpointFault
  | { readonly code: 'unknown-log'; readonly message: string }
  | {
      readonly code: 'quorum-not-met';
      readonly message: string;
      readonly signed: readonly WitnessStatement[];
      readonly missing: readonly string[];
    };

/**
 * Whether the witnesses of these names (names of the policy) make its quorum. Names that the policy has not count
 * for nothing.
 */
export function meetsQuorum(policy: Policy, signed: ReadonlySet<string>): boolean {
  return policy.quorum === NO_QUORUM || witnessing(policy, signed).has(policy.quorum);
}

/** Witnesses that signed, and groups that reached their threshold. Groups come after their members, so one pass does. */
function witnessing(policy: Policy, signed: ReadonlySet<string>): ReadonlySet<string> {
  const reached = new Set(policy.witnesses.map(({ name }) => name).filter((name) => signed.has(name)));
  for (const { name, threshold, members } of policy.groups) {
    if (members.filter((member) => reached.has(member)).length >= threshold) {
      reached.add(name);
    }
  }
  return reached;
}

/**
 * Whether a checkpoint is to be trusted by a policy (C2SP tlog-policy): signed by one of its logs, under that log's
 * own origin, and cosigned by a quorum of its witnesses. A signature that names a key of the policy and does not
 * verify refuses the whole note, as signed-note advises; signatures by other keys are passed over.
 * `otherLogs` are logs known from elsewhere, for a policy that lists none.
 */
export async function trustCheckpoint(
  policy: Policy,
  note: string,
  verify: VerifyEd25519,
  otherLogs: readonly VerifierKey[] = [],
): Promise<Result<TrustedCheckpoint, TrustFault>> {
  const parsed = parseNote(note);
  if (!parsed.ok) {
    return parsed;
  }
  const logs = [...policy.logs.map(({ key }) => key), ...otherLogs];
  const log = await signingLog(logs, note, parsed.value, verify);
  if (!log.ok) {
    return log;
  }
  const checkpoint = parseCheckpoint(parsed.value.text);
  if (!checkpoint.ok) {
    return checkpoint;
  }
  if (checkpoint.value.origin !== log.value.name) {
    return fail({
      code: 'wrong-origin',
      message: `the checkpoint is of ${checkpoint.value.origin}, signed by ${log.value.name}; a log signs only its own, so report it`,
    });
  }
  const witnessed = await statements(policy, parsed.value, verify);
  if (!witnessed.ok) {
    return witnessed;
  }
  const { signed, missing } = witnessed.value;
  const names = new Set(signed.map(({ witness }) => witness));
  return meetsQuorum(policy, names)
    ? ok({ checkpoint: checkpoint.value, log: log.value, signed, missing })
    : fail({ code: 'quorum-not-met', message: quorumMessage(policy, names, missing), signed, missing });
}

/** The first of the logs that signed; all of them that did must have done so validly. */
async function signingLog(
  logs: readonly VerifierKey[],
  note: string,
  parsed: SignedNote,
  verify: VerifyEd25519,
): Promise<Result<VerifierKey, TrustFault>> {
  const signers = logs.filter((log) => parsed.signatures.some((line) => isSignatureOf(log, line)));
  for (const signer of signers) {
    const opened = await openNote(note, signer, verify);
    if (!opened.ok) {
      return opened;
    }
  }
  const [log] = signers;
  return log === undefined
    ? fail({
        code: 'unknown-log',
        message: `none of the ${logs.length} logs of the policy signed this checkpoint; add the log's verifier key, if you trust it`,
      })
    : ok(log);
}

async function statements(
  policy: Policy,
  note: SignedNote,
  verify: VerifyEd25519,
): Promise<Result<{ signed: readonly WitnessStatement[]; missing: readonly string[] }, NoteFault>> {
  const signed: WitnessStatement[] = [];
  const missing: string[] = [];
  for (const { name, key } of policy.witnesses) {
    const opened = await openCosignature(note, key, verify);
    if (opened.ok) {
      signed.push({ witness: name, timeSeconds: opened.value.timeSeconds });
    } else if (opened.fault.code === 'not-signed-by-key') {
      missing.push(name);
    } else {
      return opened;
    }
  }
  return ok({ signed, missing });
}

function quorumMessage(policy: Policy, signed: ReadonlySet<string>, missing: readonly string[]): string {
  const reached = witnessing(policy, signed);
  const group = policy.groups.find(({ name }) => name === policy.quorum);
  const members = group?.members ?? [policy.quorum];
  const count = members.filter((member) => reached.has(member)).length;
  const needed = `${policy.quorum} has ${count} of the ${group?.threshold ?? 1} it needs`;
  return `the quorum is not met: ${needed}; cosigned by ${listed([...signed])}, missing are ${listed(missing)}; get the checkpoint cosigned by more of them`;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
