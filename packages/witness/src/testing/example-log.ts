import { generateKeyPairSync, sign } from 'node:crypto';
import {
  consistencyPath,
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  leafHash,
  rootOf,
  verifierKey,
  type VerifierKey,
} from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';

/** A log that signs any tree asked for, so that it can fork, go back and lie. */
export class ExampleLog {
  readonly key: VerifierKey;
  readonly vkey: string;
  readonly #privateKey = generateKeyPairSync('ed25519');

  constructor(origin: string) {
    const spki = this.#privateKey.publicKey.export({ type: 'spki', format: 'der' });
    this.key = verifierKey(nodeSha256, origin, new Uint8Array(spki.subarray(12)));
    this.vkey = formatVerifierKey(this.key);
  }

  /** Leaf hashes of a tree. Trees of one `branch` extend each other; those of another have other leaves from 1 on. */
  leaves(size: number, branch = ''): Uint8Array[] {
    return Array.from({ length: size }, (_, at) =>
      leafHash(nodeSha256, Buffer.from(at === 0 ? 'first' : `${branch} ${at}`)),
    );
  }

  root(size: number, branch = ''): Uint8Array {
    return rootOf(nodeSha256, this.leaves(size, branch));
  }

  checkpoint(size: number, branch = '', extensions: readonly string[] = []): string {
    const text = formatCheckpoint({ origin: this.key.name, size, root: this.root(size, branch), extensions });
    const signature = new Uint8Array(sign(null, Buffer.from(text), this.#privateKey.privateKey));
    return formatNote({ text, signatures: [{ name: this.key.name, keyId: this.key.keyId, signature }] });
  }

  proof(from: number, to: number, branch = ''): Uint8Array[] {
    return from === 0 || from === to ? [] : consistencyPath(nodeSha256, this.leaves(to, branch), from);
  }
}
