import * as fs from 'node:fs';
import { join } from 'node:path';
import {
  CHECKPOINT_PATH,
  VKEY_PATH,
  formatNote,
  formatVerifierKey,
  handoverText,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
} from '@portledger/format';
import type { Checkpoint } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import { placeDurably, syncPath } from './durable-file.ts';
import { ledgerKeyPath, makeKeyFile, nextKeyPath, readKeyFile } from './key-file.ts';
import { handoverFolder, handoverNames, handoverNotes } from './handover-notes.ts';
import { LedgerError } from './ledger-shapes.ts';
import { KeyFileSigner } from './log-signer.ts';
import type { LogSigner } from './log-signer.ts';

/** What a crash leaves under this name is removed by recovery. */
function temporaryPath(dir: string): string {
  return join(dir, 'ledger', 'staging', 'key.tmp');
}

function headOf(dir: string): Checkpoint | undefined {
  const path = join(dir, 'ledger', CHECKPOINT_PATH);
  const note = fs.existsSync(path) ? parseNote(fs.readFileSync(path, 'utf8')) : undefined;
  const head = note?.ok === true ? parseCheckpoint(note.value.text) : undefined;
  return head?.ok === true ? head.value : undefined;
}

/**
 * Hands the log over to a new key. The caller holds the ledger, and seals nothing meanwhile. Where this throws the ledger
 * must be opened anew: the handover may have been made.
 */
export function rotateKey(dir: string, signer: LogSigner): LogSigner {
  const head = headOf(dir);
  if (head === undefined) throw new LedgerError('ledger-damaged', 'there is no checkpoint to hand over at');
  const next = new KeyFileSigner(makeKeyFile(nextKeyPath(dir)), signer.key.name);
  // Crash here: a key that nobody was told of; it is removed.
  const text = handoverText({ size: head.size, root: head.root, from: signer.key, to: next.key });
  const note = formatNote({ text, signatures: [signer.signature(text), next.signature(text)] });
  const folder = handoverFolder(join(dir, 'ledger'));
  fs.mkdirSync(folder, { recursive: true, mode: 0o750 });
  syncPath(join(folder, '..'));
  const number = Number(handoverNames(folder).at(-1)?.slice(0, 6) ?? 0) + 1;
  placeDurably(join(folder, `${String(number).padStart(6, '0')}.note`), note, 0o644, temporaryPath(dir));
  // Crash here: handed over, and told to everyone who looks. From here on there is no way back, only forward.
  return takeOver(dir, next, head);
}

/** What follows a handover. Every step may be done again. */
function takeOver(dir: string, next: KeyFileSigner, head: Checkpoint): KeyFileSigner {
  const temporary = temporaryPath(dir);
  placeDurably(join(dir, 'ledger', CHECKPOINT_PATH), next.checkpoint(head.size, head.root), 0o644, temporary);
  // Crash here: the checkpoint is the new key's, the vkey file still the old one's; the next start goes on.
  placeDurably(join(dir, 'ledger', VKEY_PATH), `${next.vkey}\n`, 0o644, temporary);
  // Crash here: only the private key is to be put in place.
  fs.renameSync(nextKeyPath(dir), ledgerKeyPath(dir));
  syncPath(join(dir, 'keys'));
  return next;
}

/** Brings to its end what a crash left of a rotation, before the key is opened. */
export function finishRotation(dir: string): void {
  const path = nextKeyPath(dir);
  if (!fs.existsSync(path)) return;
  const stored = parseVerifierKey(nodeSha256, fs.readFileSync(join(dir, 'ledger', VKEY_PATH), 'utf8'));
  const head = headOf(dir);
  if (!stored.ok || head === undefined) {
    throw new LedgerError(
      'ledger-damaged',
      'a rotation of the key was under way, but checkpoint or vkey can’t be read',
    );
  }
  const next = new KeyFileSigner(readKeyFile(path), stored.value.name);
  const successor = `\nportledger/successor ${formatVerifierKey(next.key)}\n`;
  if (handoverNotes(join(dir, 'ledger')).at(-1)?.includes(successor) === true) {
    takeOver(dir, next, head);
    return;
  }
  fs.unlinkSync(path);
  syncPath(join(dir, 'keys'));
}
