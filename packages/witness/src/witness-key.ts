import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  COSIGNATURE_TYPE,
  cosignatureLine,
  cosignatureMessage,
  formatVerifierKey,
  parseVerifierKey,
  verifierKey,
  type VerifierKey,
} from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import { replaceDurably } from './durable-file.ts';
import { WitnessError } from './witness-error.ts';

const SPKI_PREFIX_BYTES = 12;
const OTHERS_MASK = 0o077;

/** A witness's private key, which cosigns and is never given out. */
export class WitnessKey {
  readonly key: VerifierKey;
  readonly #privateKey: KeyObject;

  constructor(privateKey: KeyObject, name: string) {
    this.#privateKey = privateKey;
    const spki = createPublicKey(privateKey.export({ type: 'pkcs8', format: 'pem' })).export({
      type: 'spki',
      format: 'der',
    });
    this.key = verifierKey(nodeSha256, name, new Uint8Array(spki.subarray(SPKI_PREFIX_BYTES)), COSIGNATURE_TYPE);
  }

  /** The verifier key's line, without a newline: what logs and policies name this witness by. */
  get vkey(): string {
    return formatVerifierKey(this.key);
  }

  /** The signature line of a cosignature of a checkpoint's text, at a time in seconds since the epoch. */
  cosign(text: string, timeSeconds: number): string {
    const signature = new Uint8Array(sign(null, cosignatureMessage(text, timeSeconds), this.#privateKey));
    return cosignatureLine(this.key, { timeSeconds, signature });
  }
}

/**
 * The key in a witness's folder, made at the first start and readable by its owner only. The name it had at the
 * first start stays. `isNew` says that nothing was cosigned yet: a key is made only then.
 */
export async function openWitnessKey(dir: string, name: string, isNew: boolean): Promise<WitnessKey> {
  const path = join(dir, 'witness.key');
  const vkeyPath = join(dir, 'vkey');
  if (!existsSync(path)) {
    if (!isNew || existsSync(vkeyPath)) {
      throw new WitnessError('key-unusable', `${path} is missing but was in use: restore the key from a copy`);
    }
    const { privateKey } = generateKeyPairSync('ed25519');
    await replaceDurably(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  }
  const privateKey = readKey(path);
  if (!existsSync(vkeyPath)) {
    const witness = named(privateKey, name);
    await replaceDurably(vkeyPath, `${witness.vkey}\n`);
    return witness;
  }
  const stored = readFileSync(vkeyPath, 'utf8');
  const vkey = parseVerifierKey(nodeSha256, stored);
  const witness = vkey.ok ? named(privateKey, vkey.value.name) : undefined;
  if (witness === undefined || `${witness.vkey}\n` !== stored) {
    throw new WitnessError('key-mismatch', `${vkeyPath} is not the public half of ${path}: restore the one changed`);
  }
  if (witness.key.name !== name) {
    throw new WitnessError('key-mismatch', `this witness is ${witness.key.name} and can't be renamed to ${name}`);
  }
  return witness;
}

/** The name that the witness of a folder has had since its first start; undefined before that. */
export function storedWitnessName(dir: string): string | undefined {
  const path = join(dir, 'vkey');
  const vkey = existsSync(path) ? parseVerifierKey(nodeSha256, readFileSync(path, 'utf8')) : undefined;
  return vkey?.ok === true ? vkey.value.name : undefined;
}

function named(privateKey: KeyObject, name: string): WitnessKey {
  try {
    return new WitnessKey(privateKey, name);
  } catch (error) {
    throw new WitnessError(
      'bad-options',
      `${JSON.stringify(name)} can't name a witness: give a name such as example.org/witness, without spaces or plus`,
      error,
    );
  }
}

function readKey(path: string): KeyObject {
  if ((statSync(path).mode & OTHERS_MASK) !== 0) {
    throw new WitnessError('key-unusable', `${path} can be read by others: run chmod 600 on it, or replace the key`);
  }
  try {
    const key = createPrivateKey(readFileSync(path));
    if (key.asymmetricKeyType === 'ed25519') {
      return key;
    }
  } catch (error) {
    throw new WitnessError('key-unusable', `${path} is no PKCS#8 PEM key: restore it from a copy`, error);
  }
  throw new WitnessError('key-unusable', `${path} is no Ed25519 key: restore it from a copy`);
}
