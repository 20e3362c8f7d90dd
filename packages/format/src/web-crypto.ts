import type { VerifyEd25519 } from './signed-note.ts';

/**
 * Ed25519 by Web Crypto (`globalThis.crypto.subtle`), for browsers. A key or signature that the platform refuses as
 * malformed gives false; a platform without Ed25519 throws a NotSupportedError, since nothing was verified.
 */
export const webCryptoVerifyEd25519: VerifyEd25519 = async (publicKey, message, signature) => {
  const { subtle } = globalThis.crypto;
  if (publicKey.length !== 32 || signature.length !== 64) {
    return false;
  }
  const key = await subtle.importKey('raw', new Uint8Array(publicKey), 'Ed25519', false, ['verify']);
  return subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(message));
};
