import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { placeDurably, syncPath } from './durable-file.ts';
import { LedgerError } from './ledger-shapes.ts';

const KEY_FILE_MODE = 0o600;
const KEY_FOLDER_MODE = 0o700;

/** Where a data folder keeps the ledger's private key. */
export function ledgerKeyPath(dir: string): string {
  return join(dir, 'keys', 'ledger.key');
}

/** Where the key that a rotation is about to hand over to waits. */
export function nextKeyPath(dir: string): string {
  return join(dir, 'keys', 'ledger-next.key');
}

/** Reads a private key. The bytes of the file do not stay behind in memory. */
export function readKeyFile(path: string): KeyObject {
  let bytes: Buffer | undefined;
  try {
    bytes = fs.readFileSync(path);
    const key = createPrivateKey(bytes);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (error) {
    throw new LedgerError(
      'key-unusable',
      `${path} is not a PKCS#8 PEM key that can be read: restore it from a copy`,
      error,
    );
  } finally {
    bytes?.fill(0);
  }
  throw new LedgerError('key-unusable', `${path} is not an Ed25519 key: restore it from a copy`);
}

/** Makes a private key that only its owner may read; it is durable when this returns. */
export function makeKeyFile(path: string): KeyObject {
  const folder = dirname(path);
  fs.mkdirSync(folder, { recursive: true, mode: KEY_FOLDER_MODE });
  fs.chmodSync(folder, KEY_FOLDER_MODE);
  const { privateKey } = generateKeyPairSync('ed25519');
  placeDurably(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), KEY_FILE_MODE);
  syncPath(dirname(folder));
  return privateKey;
}
