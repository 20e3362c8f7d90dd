import { createPublicKey, hash, verify } from 'node:crypto';
import type { Hash } from './sha256.ts';
import type { VerifyEd25519 } from './signed-note.ts';

/** SHA-256 by Node's own crypto; 32 bytes. */
export const nodeSha256: Hash = (bytes) => hash('sha256', bytes, 'buffer');

/** SHA-1 by Node's own crypto, for Community ID, which is no security measure; 20 bytes. */
export const nodeSha1: Hash = (bytes) => hash('sha1', bytes, 'buffer');

/** DER of a SubjectPublicKeyInfo up to the 32 bytes of an Ed25519 key (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** Ed25519 by Node's own crypto. */
export const nodeVerifyEd25519: VerifyEd25519 = (publicKey, message, signature) => {
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
  return verify(null, message, key, signature);
};
