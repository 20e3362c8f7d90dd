import { SIGN_IN_CODE_TTL_MS, SIGN_IN_CODES_MAX } from '../limits.ts';
import type { Principal } from './principal.ts';
import { makeSecret, secretHash } from './secrets.ts';

type Waiting = { readonly principal: Principal; readonly expiresMs: number };

/** One-time codes that sign a console in. Held in memory alone: a restart makes all of them void. */
export class SignInCodes {
  readonly #waiting = new Map<string, Waiting>();

  /** A new code for `principal`, valid once and for ten minutes. */
  issue(principal: Principal, nowMs: number): { code: string; expiresMs: number } {
    for (const oldest of this.#waiting.keys()) {
      if (this.#waiting.size < SIGN_IN_CODES_MAX) break;
      this.#waiting.delete(oldest);
    }
    const code = makeSecret();
    const expiresMs = nowMs + SIGN_IN_CODE_TTL_MS;
    this.#waiting.set(secretHash(code).toString('hex'), { principal: { ...principal, kind: 'session' }, expiresMs });
    return { code, expiresMs };
  }

  /** Makes every code void that was made with the token of this name. */
  voidOf(name: string): void {
    for (const [key, { principal }] of this.#waiting) if (principal.name === name) this.#waiting.delete(key);
  }

  /** Uses a code up. */
  redeem(code: string, nowMs: number): Principal | undefined {
    const key = secretHash(code).toString('hex');
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    return waiting !== undefined && waiting.expiresMs > nowMs ? waiting.principal : undefined;
  }
}
