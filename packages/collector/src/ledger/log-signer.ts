import { createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { formatCheckpoint, formatNote, formatVerifierKey, verifierKey } from '@portledger/format';
import type { VerifierKey } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';

const SPKI_PREFIX_BYTES = 12;

/** Signs the log's tree heads. Ed25519 is deterministic: the same tree head always gives the same note. */
export class LogSigner {
  readonly key: VerifierKey;
  readonly #privateKey: KeyObject;

  constructor(privateKey: KeyObject, origin: string) {
    this.#privateKey = privateKey;
    this.key = verifierKey(nodeSha256, origin, rawPublicKey(privateKey));
  }

  /** The verifier key's line, without a newline. */
  get vkey(): string {
    return formatVerifierKey(this.key);
  }

  checkpoint(size: number, root: Uint8Array): string {
    const { name, keyId } = this.key;
    const text = formatCheckpoint({ origin: name, size, root, extensions: [] });
    return formatNote({
      text,
      signatures: [{ name, keyId, signature: sign(null, Buffer.from(text), this.#privateKey) }],
    });
  }
}

/** The 32 bytes of an Ed25519 key's public half. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  const spki = createPublicKey(key.export({ type: 'pkcs8', format: 'pem' })).export({ type: 'spki', format: 'der' });
  return new Uint8Array(spki.subarray(SPKI_PREFIX_BYTES));
}
