import { createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { formatCheckpoint, formatNote, formatVerifierKey, verifierKey } from '@portledger/format';
import type { NoteSignature, VerifierKey } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';

const SPKI_PREFIX_BYTES = 12;

/**
 * Signs for a log. The port behind which the private key lies: in a file (`KeyFileSigner`), or, in an implementation still to
 * be written, in a PKCS#11 token or a key service, which then signs the bytes of `signature`. It is called in the sealing
 * thread, which has nothing else to do, and so is synchronous; one that goes over a network waits in it
 * (`Atomics.wait`). It must be deterministic, as Ed25519 is: the same tree head always gives the same note, for a crash
 * between signing and publishing is mended by signing again.
 */
export interface LogSigner {
  readonly key: VerifierKey;
  /** The verifier key's line, without a newline. */
  readonly vkey: string;
  /** The signed checkpoint of a tree. */
  checkpoint(size: number, root: Uint8Array): string;
  /** The signature line's content for a note's text. */
  signature(text: string): NoteSignature;
}

/** Signs with an Ed25519 key that lies in this process, outside of every JavaScript heap: `KeyObject` keeps it in OpenSSL's memory. */
export class KeyFileSigner implements LogSigner {
  readonly key: VerifierKey;
  readonly #privateKey: KeyObject;

  constructor(privateKey: KeyObject, origin: string) {
    this.#privateKey = privateKey;
    this.key = verifierKey(nodeSha256, origin, rawPublicKey(privateKey));
  }

  get vkey(): string {
    return formatVerifierKey(this.key);
  }

  signature(text: string): NoteSignature {
    const { name, keyId } = this.key;
    return { name, keyId, signature: sign(null, Buffer.from(text), this.#privateKey) };
  }

  checkpoint(size: number, root: Uint8Array): string {
    const text = formatCheckpoint({ origin: this.key.name, size, root, extensions: [] });
    return formatNote({ text, signatures: [this.signature(text)] });
  }
}

/** The 32 bytes of an Ed25519 key's public half. The private half is not exported on the way. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return new Uint8Array(spki.subarray(SPKI_PREFIX_BYTES));
}
