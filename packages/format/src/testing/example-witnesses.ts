import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { formatCheckpoint, type Checkpoint } from '../checkpoint.ts';
import { cosignatureLine, cosignatureMessage } from '../cosignature.ts';
import { nodeSha256 } from '../node.ts';
import { formatNote } from '../signed-note.ts';
import { COSIGNATURE_TYPE, formatVerifierKey, verifierKey, type VerifierKey } from '../verifier-key.ts';

/** A key pair of a log or a witness, with the line that a policy names it by. */
export type Signer = { readonly key: VerifierKey; readonly vkey: string; readonly privateKey: KeyObject };

export function exampleSigner(name: string, type?: number): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(12));
  const key = verifierKey(nodeSha256, name, raw, type);
  return { key, vkey: formatVerifierKey(key), privateKey };
}

export function exampleWitness(name: string): Signer {
  return exampleSigner(name, COSIGNATURE_TYPE);
}

/** A checkpoint's note, signed by the log and then by the witnesses, each a second later than the one before. */
export function exampleNote(
  checkpoint: Checkpoint,
  log: Signer,
  witnesses: readonly Signer[],
  timeSeconds = 100,
): string {
  const text = formatCheckpoint(checkpoint);
  const { name, keyId } = log.key;
  const signed = formatNote({
    text,
    signatures: [{ name, keyId, signature: new Uint8Array(sign(null, Buffer.from(text), log.privateKey)) }],
  });
  const lines = witnesses.map(({ key, privateKey }, at) => {
    const time = timeSeconds + at;
    const signature = new Uint8Array(sign(null, cosignatureMessage(text, time), privateKey));
    return cosignatureLine(key, { timeSeconds: time, signature });
  });
  return signed + lines.join('');
}
