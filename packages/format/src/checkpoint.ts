import { decodeBase64, encodeBase64 } from './base64.ts';
import { HASH_BYTES } from './limits.ts';
import { fail, ok, type Result } from './result.ts';
import type { Hash } from './sha256.ts';
import { openNote, type NoteFault, type VerifyEd25519 } from './signed-note.ts';
import { parseVerifierKey, type VerifierKeyFault } from './verifier-key.ts';

/** A tree head: leaves and root of a log at one moment (C2SP tlog-checkpoint). `root` is 32 bytes. */
export type Checkpoint = {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly extensions: readonly string[];
};

export type CheckpointFault = {
  readonly code: 'malformed-checkpoint' | 'wrong-origin';
  readonly message: string;
};

function malformed(what: string): { readonly ok: false; readonly fault: CheckpointFault } {
  return fail({ code: 'malformed-checkpoint', message: `not a checkpoint: ${what}; fetch it again, byte for byte` });
}

/** Reads the text of a checkpoint's note, final newline included. */
export function parseCheckpoint(text: string): Result<Checkpoint, CheckpointFault> {
  if (!text.endsWith('\n')) {
    return malformed('its text does not end in a newline');
  }
  const [origin = '', sizeText = '', rootText = '', ...extensions] = text.slice(0, -1).split('\n');
  if (origin === '' || extensions.includes('')) {
    return malformed('it has an empty line');
  }
  const size = Number(sizeText);
  if (!/^(?:0|[1-9]\d{0,15})$/.test(sizeText) || !Number.isSafeInteger(size)) {
    return malformed('its second line is not a tree size');
  }
  const root = decodeBase64(rootText);
  if (root?.length !== HASH_BYTES) {
    return malformed('its third line is not a base64 SHA-256 root');
  }
  return ok({ origin, size, root, extensions });
}

/** The text of a checkpoint's note. Throws a RangeError on what `parseCheckpoint` would not read back. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const lines = [checkpoint.origin, String(checkpoint.size), encodeBase64(checkpoint.root), ...checkpoint.extensions];
  const text = `${lines.join('\n')}\n`;
  if (!parseCheckpoint(text).ok || lines.some((line) => line.includes('\n'))) {
    throw new RangeError('the values given do not make a checkpoint');
  }
  return text;
}

/**
 * Reads and verifies a log's signed checkpoint by its verifier key. The origin must be the key's name, as
 * tlog-checkpoint advises and our ledgers keep.
 */
export async function verifyCheckpoint(
  note: string,
  vkey: string,
  hash: Hash,
  verify: VerifyEd25519,
): Promise<Result<Checkpoint, VerifierKeyFault | NoteFault | CheckpointFault>> {
  const key = parseVerifierKey(hash, vkey);
  if (!key.ok) {
    return key;
  }
  const opened = await openNote(note, key.value, verify);
  if (!opened.ok) {
    return opened;
  }
  const checkpoint = parseCheckpoint(opened.value.text);
  if (checkpoint.ok && checkpoint.value.origin !== key.value.name) {
    return fail({
      code: 'wrong-origin',
      message: `the checkpoint is of ${checkpoint.value.origin}, the key is ${key.value.name}'s; use that log's key`,
    });
  }
  return checkpoint;
}
