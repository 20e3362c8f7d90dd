import { sha256 } from '@portledger/format';

/**
 * `SHA256:` and the base64 of the hash over the raw Ed25519 key, as ssh-keygen shows keys. Taken from the C2SP verifier
 * key `name+id+base64(algorithm byte, key)`; undefined when the text is not one.
 */
export function keyFingerprint(vkey: string): string | undefined {
  const encoded = vkey.trim().split('+').slice(2).join('+');
  try {
    const bytes = Uint8Array.from(atob(encoded), (sign) => sign.codePointAt(0) ?? 0);
    if (bytes.length !== 33) return undefined;
    return `SHA256:${btoa(String.fromCodePoint(...sha256(bytes.subarray(1)))).replace(/=+$/, '')}`;
  } catch {
    return undefined;
  }
}

/** Enough of a fingerprint to recognise it; the whole one is shown beside it where it counts. */
export function shortFingerprint(vkey: string): string {
  return keyFingerprint(vkey)?.slice('SHA256:'.length, 'SHA256:'.length + 12) ?? 'unreadable key';
}
