import { createPrivateKey, generateKeyPairSync, hash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parseVerifierKey } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import { placeDurably, syncPath } from './durable-file.ts';
import { LedgerError } from './ledger-shapes.ts';
import { LogSigner, rawPublicKey } from './log-signer.ts';

const KEY_FILE_MODE = 0o600;
const KEY_FOLDER_MODE = 0o700;

/** Where a data folder keeps the ledger's private key. */
export function ledgerKeyPath(dir: string): string {
  return join(dir, 'keys', 'ledger.key');
}

function readKey(path: string): KeyObject {
  try {
    const key = createPrivateKey(fs.readFileSync(path));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (error) {
    throw new LedgerError(
      'key-unusable',
      `${path} is not a PKCS#8 PEM key that can be read: restore it from a copy`,
      error,
    );
  }
  throw new LedgerError('key-unusable', `${path} is not an Ed25519 key: restore it from a copy`);
}

/** The ledger's key, made at the first start. Readable by its owner only. */
function openKey(dir: string, isNew: boolean): KeyObject {
  const path = ledgerKeyPath(dir);
  if (fs.existsSync(path)) return readKey(path);
  if (!isNew)
    throw new LedgerError('key-unusable', `${path} is missing but the ledger exists: restore the key from a copy`);
  fs.mkdirSync(join(dir, 'keys'), { recursive: true, mode: KEY_FOLDER_MODE });
  fs.chmodSync(join(dir, 'keys'), KEY_FOLDER_MODE);
  const { privateKey } = generateKeyPairSync('ed25519');
  placeDurably(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), KEY_FILE_MODE);
  syncPath(dir);
  return privateKey;
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
  const key = openKey(dir, isNew);
  if (!fs.existsSync(vkeyPath)) {
    if (!isNew) throw new LedgerError('key-mismatch', `${vkeyPath} is missing: restore it from a copy`);
    const signer = new LogSigner(key, origin ?? defaultOrigin(key));
    placeDurably(vkeyPath, `${signer.vkey}\n`, 0o644);
    return signer;
  }
  const stored = fs.readFileSync(vkeyPath, 'utf8');
  const vkey = parseVerifierKey(nodeSha256, stored);
  const signer = vkey.ok ? new LogSigner(key, vkey.value.name) : undefined;
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
