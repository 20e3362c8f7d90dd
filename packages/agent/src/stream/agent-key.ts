import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { observerKeyId, observerKeyProofInput } from '@portledger/format';
import { SPKI_PREFIX_BYTES, sha256 } from './agent-crypto.ts';
import { writeDurably } from './durable-file.ts';

const KEY_FILE = 'signing.key';

/** The key that an agent signs its batches with. */
export class AgentKey {
  readonly keyId: string;
  /** Base64 of the 32 bytes. */
  readonly publicKey: string;
  readonly #private: KeyObject;

  private constructor(privateKey: KeyObject) {
    this.#private = privateKey;
    const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX_BYTES);
    this.publicKey = publicKey.toString('base64');
    this.keyId = observerKeyId(sha256, publicKey);
  }

  /** The key in `dir`, made there (0600) when there is none. Throws when the file holds something else. */
  static open(dir: string): AgentKey {
    const path = join(dir, KEY_FILE);
    const pem = readOr(path);
    if (pem !== undefined) return new AgentKey(parse(pem, path));
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700);
    const { privateKey } = generateKeyPairSync('ed25519');
    writeDurably(path, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
    return new AgentKey(privateKey);
  }

  /** Base64 signature. */
  sign(input: Uint8Array): string {
    return sign(null, input, this.#private).toString('base64');
  }

  /** Shows that this agent holds the key: what the collector asks for when it is registered. */
  proofFor(observer: string): string {
    return this.sign(observerKeyProofInput(observer, Buffer.from(this.publicKey, 'base64')));
  }
}

function parse(pem: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // told below
  }
  throw new Error(`${path} holds no Ed25519 key: restore it, or remove it and enrol this agent anew`);
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
