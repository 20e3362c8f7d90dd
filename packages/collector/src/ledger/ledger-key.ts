import { hash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parseVerifierKey } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import { placeDurably } from './durable-file.ts';
import { ledgerKeyPath, makeKeyFile, readKeyFile } from './key-file.ts';
import { finishRotation } from './key-rotation.ts';
import { LedgerError } from './ledger-shapes.ts';
import { KeyFileSigner, rawPublicKey } from './log-signer.ts';
import type { LogSigner } from './log-signer.ts';

/** The ledger's key, made at the first start. Readable by its owner only. */
function openKey(dir: string, isNew: boolean): KeyObject {
  const path = ledgerKeyPath(dir);
  if (fs.existsSync(path)) return readKeyFile(path);
  if (!isNew)
    throw new LedgerError('key-unusable', `${path} is missing but the ledger exists: restore the key from a copy`);
  return makeKeyFile(path);
}

/** `<hostname>/portledger/<8 hex digits of the key's hash>`. */
function defaultOrigin(key: KeyObject): string {
  const host = hostname().replace(/[^A-Za-z0-9.-]/g, '-') || 'localhost';
  return `${host}/portledger/${hash('sha256', rawPublicKey(key), 'hex').slice(0, 8)}`;
}

/**
 * The signer of a data folder. Its origin is fixed by the first start and kept in the `vkey` file, so that a renamed
 * host goes on with the same log.
 */
export function openSigner(dir: string, origin: string | undefined): LogSigner {
  const vkeyPath = join(dir, 'ledger', 'vkey');
  const isNew = !fs.existsSync(join(dir, 'ledger', 'checkpoint'));
  finishRotation(dir);
  const key = openKey(dir, isNew);
  if (!fs.existsSync(vkeyPath)) {
    if (!isNew) throw new LedgerError('key-mismatch', `${vkeyPath} is missing: restore it from a copy`);
    const signer = new KeyFileSigner(key, origin ?? defaultOrigin(key));
    placeDurably(vkeyPath, `${signer.vkey}\n`, 0o644);
    return signer;
  }
  const stored = fs.readFileSync(vkeyPath, 'utf8');
  const vkey = parseVerifierKey(nodeSha256, stored);
  const signer = vkey.ok ? new KeyFileSigner(key, vkey.value.name) : undefined;
  if (signer === undefined || `${signer.vkey}\n` !== stored) {
    throw new LedgerError(
      'key-mismatch',
      `${vkeyPath} is not the public half of ${ledgerKeyPath(dir)}: restore the one that was changed`,
    );
  }
  if (origin !== undefined && origin !== signer.key.name) {
    throw new LedgerError(
      'key-mismatch',
      `this ledger's origin is ${signer.key.name} and can't be changed to ${origin}`,
    );
  }
  return signer;
}
