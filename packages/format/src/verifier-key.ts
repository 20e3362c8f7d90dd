import { decodeBase64, encodeBase64 } from './base64.ts';
import { ORIGIN_BYTES_MAX } from './limits.ts';
import { fail, ok, type Result } from './result.ts';
import type { Hash } from './sha256.ts';

/** Signature type 0x01 of C2SP signed-note: plain Ed25519 over the note's text. */
export const ED25519_TYPE = 0x01;
/** Signature type 0x04: a witness's timestamped cosignature (C2SP tlog-cosignature). */
export const COSIGNATURE_TYPE = 0x04;
const ED25519_KEY_BYTES = 32;
const TYPES: ReadonlySet<number> = new Set([ED25519_TYPE, COSIGNATURE_TYPE]);

/** A public key with the name it signs under. `keyId` is 8 lower-case hex digits. */
export type VerifierKey = {
  readonly name: string;
  readonly keyId: string;
  readonly type: number;
  readonly publicKey: Uint8Array;
};

export type VerifierKeyFault = {
  readonly code: 'malformed-key' | 'unknown-key-type' | 'wrong-key-id';
  readonly message: string;
};

/** Key names are not empty and hold neither Unicode spaces nor a plus (C2SP signed-note), nor control characters. */
export function isKeyName(name: string): boolean {
  const bytes = new TextEncoder().encode(name).length;
  return bytes > 0 && bytes <= ORIGIN_BYTES_MAX && name.isWellFormed() && !/[\s\u0085+\p{Cc}]/u.test(name);
}

/** The first four bytes, as hex, of SHA-256(name, newline, type, key). */
export function keyIdOf(hash: Hash, name: string, type: number, publicKey: Uint8Array): string {
  const prefix = new TextEncoder().encode(`${name}\n`);
  const bytes = new Uint8Array(prefix.length + 1 + publicKey.length);
  bytes.set(prefix);
  bytes[prefix.length] = type;
  bytes.set(publicKey, prefix.length + 1);
  return hexOf(hash(bytes).subarray(0, 4));
}

/** Lower-case hex digits of bytes. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The key of an Ed25519 log. Throws a RangeError where the name or the key cannot stand in a note. */
export function verifierKey(hash: Hash, name: string, publicKey: Uint8Array, type: number = ED25519_TYPE): VerifierKey {
  if (!isKeyName(name) || publicKey.length !== ED25519_KEY_BYTES) {
    throw new RangeError(`no verifier key can be named ${JSON.stringify(name)} with ${publicKey.length} bytes of key`);
  }
  return { name, keyId: keyIdOf(hash, name, type, publicKey), type, publicKey };
}

/** `<name>+<key id>+<base64 of type and key>`, without a newline. */
export function formatVerifierKey(key: VerifierKey): string {
  const bytes = new Uint8Array(1 + key.publicKey.length);
  bytes[0] = key.type;
  bytes.set(key.publicKey, 1);
  return `${key.name}+${key.keyId}+${encodeBase64(bytes)}`;
}

/** Reads what `formatVerifierKey` writes; one newline at the end is let pass, as files have it. */
export function parseVerifierKey(hash: Hash, text: string): Result<VerifierKey, VerifierKeyFault> {
  const line = text.endsWith('\n') ? text.slice(0, -1) : text;
  const parts = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(line);
  const name = parts?.[1] ?? '';
  const bytes = decodeBase64(parts?.[3] ?? '');
  if (parts === null || !isKeyName(name) || bytes === undefined) {
    return fail({
      code: 'malformed-key',
      message: 'not a verifier key; give the whole line, written as name+8 hex digits+base64',
    });
  }
  const type = bytes[0] ?? 0;
  const publicKey = bytes.subarray(1);
  if (!TYPES.has(type) || publicKey.length !== ED25519_KEY_BYTES) {
    return fail({
      code: 'unknown-key-type',
      message: `key type ${type} with ${publicKey.length} bytes is not known; give an Ed25519 key (type 1, 32 bytes)`,
    });
  }
  const keyId = keyIdOf(hash, name, type, publicKey);
  if (keyId !== parts[2]) {
    return fail({
      code: 'wrong-key-id',
      message: `the key id should be ${keyId}; the line was altered, so fetch the key again from where you trust it`,
    });
  }
  return ok({ name, keyId, type, publicKey });
}
