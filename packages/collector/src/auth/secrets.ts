import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

const TOKEN_PREFIX = 'plt_';

/** 32 random bytes in base64url. */
export function makeSecret(): string {
  return randomBytes(32).toString('base64url');
}

export function makeToken(): string {
  return TOKEN_PREFIX + makeSecret();
}

/** SHA-256: a secret of 256 random bits needs no slow hash, and its hash tells nothing of it. */
export function secretHash(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

export function isSameHash(left: Uint8Array, right: Uint8Array): boolean {
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}

/** Whether a text has the form of one of our tokens. */
export function isToken(text: string): boolean {
  return /^plt_[A-Za-z0-9_-]{43}$/.test(text);
}

/** The token of an Authorization header, when it has the form of one of ours. */
export function bearerToken(header: string | undefined): string | undefined {
  const given = /^bearer +(\S+)$/i.exec(header ?? '')?.[1];
  return given !== undefined && isToken(given) ? given : undefined;
}
