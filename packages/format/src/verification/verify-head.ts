import { parseCheckpoint, verifyCheckpoint } from '../checkpoint.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { parseNote } from '../signed-note.ts';
import type { LedgerFiles, VerifyTools } from './ledger-files.ts';
import { CHECKPOINT_PATH, VKEY_PATH } from './ledger-paths.ts';
import type { VerifyLog } from './verify-report.ts';

/** The tree head that the rest is verified against, and the key it was verified with. */
export type VerifiedHead = { readonly checkpoint: Checkpoint; readonly note: string; readonly vkey: string };

function strictText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Keys that the caller trusts more than the ledger's own `vkey` file. */
export type TrustedKeys = {
  /** Verifier key from elsewhere. */
  readonly vkey?: string;
  /** Verifier key made from the private key of the data folder, where that can be read. */
  readonly privateKeyVkey?: string;
};

/** The key to verify with. The file must be byte for byte a key's line, and agree with the trusted ones. */
async function verifierKey(files: LedgerFiles, trusted: TrustedKeys, log: VerifyLog): Promise<string> {
  const place = { file: VKEY_PATH };
  const bytes = await files.read(VKEY_PATH);
  const text = bytes === undefined ? undefined : strictText(bytes);
  if (bytes === undefined) log.find('vkey-missing', place, 'the verifier key is missing');
  else if (text?.endsWith('\n') !== true) log.find('vkey-damaged', place, 'the verifier key is not one line of text');
  const own = text?.trimEnd();
  for (const other of [trusted.vkey, trusted.privateKeyVkey]) {
    if (other === undefined || own === undefined || other.trimEnd() === own) continue;
    log.find('vkey-mismatch', place, `the verifier key is not the trusted one, ${other.trimEnd()}`);
  }
  return trusted.vkey?.trimEnd() ?? own ?? trusted.privateKeyVkey?.trimEnd() ?? '';
}

/** Reads and verifies the checkpoint. undefined where nothing can be verified against it. */
export async function verifyHead(
  files: LedgerFiles,
  tools: VerifyTools,
  trusted: TrustedKeys,
  log: VerifyLog,
): Promise<VerifiedHead | undefined> {
  const place = { file: CHECKPOINT_PATH };
  const vkey = await verifierKey(files, trusted, log);
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
  const verified = await verifyCheckpoint(note, vkey, tools.hash, tools.verifyEd25519);
  if (!verified.ok) log.find('checkpoint-damaged', place, verified.fault.message);
  if (parsed.value.signatures.length > 1) {
    log.note(
      'other-signature',
      `the checkpoint has ${parsed.value.signatures.length - 1} more signatures, which were not verified`,
    );
  }
  const checkpoint = verified.ok ? verified : parseCheckpoint(parsed.value.text);
  return checkpoint.ok ? { checkpoint: checkpoint.value, note, vkey } : undefined;
}
