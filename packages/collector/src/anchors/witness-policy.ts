import { readFileSync } from 'node:fs';
import { fail, ok, parsePolicy } from '@portledger/format';
import type { Policy, PolicyWitness, Result } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import { WITNESSES_MAX } from '@portledger/witness';

/** A witness that can be asked: one of the policy's with an address. */
export type AskedWitness = PolicyWitness & { readonly url: string };

/** The policy, and who of it is asked. */
export type WitnessPolicy = { readonly policy: Policy; readonly witnesses: readonly AskedWitness[] };

/** Reads the C2SP tlog-policy file that names the witnesses to ask. The fault tells all that is wrong with it. */
export function readWitnessPolicy(path: string): Result<WitnessPolicy, string> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return fail(`can't read the witness policy ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const policy = parsePolicy(nodeSha256, bytes);
  if (!policy.ok) {
    const faults = policy.fault.map(({ line, message }) => `${path}:${line}: ${message}`);
    return fail(`the witness policy has faults:\n${faults.join('\n')}`);
  }
  const witnesses = policy.value.witnesses.flatMap((witness) =>
    witness.url === undefined ? [] : [{ ...witness, url: witness.url }],
  );
  if (witnesses.length === 0) {
    return fail(`${path} names no witness with an address: write it as "witness <name> <vkey> <url>"`);
  }
  if (witnesses.length > WITNESSES_MAX) {
    return fail(`${path} names ${witnesses.length} witnesses with an address; at most ${WITNESSES_MAX} can be asked`);
  }
  return ok({ policy: policy.value, witnesses });
}
