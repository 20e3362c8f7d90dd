import type { Checkpoint } from '../checkpoint.ts';
import { parseNote } from '../signed-note.ts';
import type { Policy } from '../tlog-policy.ts';
import { parseVerifierKey } from '../verifier-key.ts';
import type { VerifierKey } from '../verifier-key.ts';
import { readKeyChain } from './key-chain.ts';
import type { KeyChain } from './key-chain.ts';
import type { LedgerFiles, VerifyTools } from './ledger-files.ts';
import { CHECKPOINT_PATH, VKEY_PATH } from './ledger-paths.ts';
import { readStatements } from './read-statements.ts';
import type { VerifyLog } from './verify-log.ts';
import { TrustCheck } from './verify-trust.ts';
import type { Anchor } from './verify-trust.ts';

/** The tree head that the rest is verified against, the key it was verified with, and who else vouches for it. */
export type VerifiedHead = {
  readonly checkpoint: Checkpoint;
  readonly note: string;
  /** The ledger's own verifier key, or the one that was given. */
  readonly vkey: string;
  /** The key that signed; undefined where none of those to be trusted did. */
  readonly key: string | undefined;
  readonly trust: TrustCheck;
  readonly chain: KeyChain;
};

function strictText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** What the caller trusts more than the ledger's own `vkey` file. */
export type TrustedKeys = {
  /** Verifier key from elsewhere. */
  readonly vkey?: string;
  /** Verifier key made from the private key of the data folder, where that can be read. */
  readonly privateKeyVkey?: string;
  /** The auditor's policy: logs, witnesses, quorum. */
  readonly policy?: Policy;
  /** Checkpoints of this log that the auditor kept. */
  readonly earlier?: readonly Anchor[];
};

/** The key to verify with. The file must be byte for byte a key's line, and agree with the trusted ones. */
async function verifierKey(files: LedgerFiles, trusted: TrustedKeys, chain: KeyChain, log: VerifyLog): Promise<string> {
  const place = { file: VKEY_PATH };
  const bytes = await files.read(VKEY_PATH);
  const text = bytes === undefined ? undefined : strictText(bytes);
  if (bytes === undefined) log.find('vkey-missing', place, 'the verifier key is missing');
  else if (text?.endsWith('\n') !== true) log.find('vkey-damaged', place, 'the verifier key is not one line of text');
  const own = text?.trimEnd();
  for (const other of [trusted.vkey, trusted.privateKeyVkey]) {
    if (other === undefined || own === undefined || other.trimEnd() === own) continue;
    if (chain.has(other.trimEnd()) && chain.has(own)) continue;
    log.find('vkey-mismatch', place, `the verifier key is not the trusted one, ${other.trimEnd()}`);
  }
  return trusted.vkey?.trimEnd() ?? own ?? trusted.privateKeyVkey?.trimEnd() ?? '';
}

/** The keys that a checkpoint may be signed with: the policy's logs, the given key, and only else the ledger's own. */
function trustedLogs(
  trusted: TrustedKeys,
  vkey: string,
  tools: VerifyTools,
  log: VerifyLog,
): { readonly keyFrom: 'policy' | 'given' | 'ledger'; readonly logs: readonly VerifierKey[] } {
  const key = parseVerifierKey(tools.hash, vkey);
  const isGiven = trusted.vkey !== undefined;
  if (!isGiven && (trusted.policy?.logs.length ?? 0) > 0) return { keyFrom: 'policy', logs: [] };
  if (!key.ok) log.find('vkey-damaged', { file: VKEY_PATH }, key.fault.message);
  return { keyFrom: isGiven ? 'given' : 'ledger', logs: key.ok ? [key.value] : [] };
}

/** Reads and verifies the checkpoint. undefined where nothing can be verified against it. */
export async function verifyHead(
  files: LedgerFiles,
  tools: VerifyTools,
  trusted: TrustedKeys,
  log: VerifyLog,
): Promise<VerifiedHead | undefined> {
  const place = { file: CHECKPOINT_PATH };
  const chain = await readKeyChain(files, tools, log);
  const vkey = await verifierKey(files, trusted, chain, log);
  const { policy } = trusted;
  const trust = new TrustCheck({ policy, ...trustedLogs(trusted, vkey, tools, log), chain }, tools, log);
  for (const anchor of trusted.earlier ?? []) await trust.take(anchor);
  await readStatements(files, tools, trust, log); // before the checkpoint, which may go on meanwhile
  const bytes = await files.read(CHECKPOINT_PATH);
  if (bytes === undefined) {
    log.find('checkpoint-missing', place, 'the checkpoint is missing');
    return undefined;
  }
  const note = strictText(bytes);
  const parsed = note === undefined ? undefined : parseNote(note);
  if (note === undefined || parsed?.ok !== true) {
    log.find('checkpoint-damaged', place, parsed?.ok === false ? parsed.fault.message : 'the checkpoint is not text');
    return undefined;
  }
  const checkpoint = await trust.take({ file: CHECKPOINT_PATH, note, from: 'ledger' });
  const known = 1 + (policy?.witnesses.length ?? 0);
  if (parsed.value.signatures.length > known) {
    const others = parsed.value.signatures.length - known;
    log.note(
      'other-signature',
      `the checkpoint has ${others} more signatures, by keys that nobody named: give a policy`,
    );
  }
  return checkpoint === undefined ? undefined : { checkpoint, note, vkey, key: trust.logKey, trust, chain };
}
