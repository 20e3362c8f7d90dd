import { createPublicKey, hash, verify } from 'node:crypto';
import type { Hash, VerifyEd25519 } from '@portledger/format';

/** DER of a SubjectPublicKeyInfo up to the 32 bytes of an Ed25519 key (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
export const SPKI_PREFIX_BYTES: number = SPKI_PREFIX.length;

// The format package's own for Node come with all that reads ledgers, which an agent has no memory to spare for.

export const sha256: Hash = (bytes) => hash('sha256', bytes, 'buffer');

export const verifyEd25519: VerifyEd25519 = (publicKey, message, signature) => {
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
  return verify(null, message, key, signature);
};
