import type { Result } from '@portledger/format';
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { TOKENS_MAX } from '../limits.ts';
import type { Principal, Role } from './principal.ts';
import { ROLES } from './principal.ts';
import { isSameHash, makeToken, secretHash } from './secrets.ts';

/** A token as it may be shown: never the token itself. Times are epoch milliseconds. */
export type TokenEntry = {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly observer: string;
  readonly createdMs: number;
};
export type TokenFault = { readonly code: 'name-taken' | 'too-many-tokens' };

type Held = { readonly entry: TokenEntry; readonly hash: Uint8Array; readonly principal: Principal };

function roleOf(value: unknown): Role | undefined {
  return ROLES.find((role) => role === value);
}

/** The tokens that are in force. All of them are held in memory, so a look-up costs one hash. */
export class TokenStore {
  readonly #database: DatabaseSync;
  readonly #byHash = new Map<string, Held>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    const rows = database
      .prepare('SELECT id, name, role, observer, hash, created FROM tokens WHERE revoked IS NULL')
      .all();
    for (const row of rows) {
      const { id, name, role, observer, hash, created } = row;
      const known = roleOf(role);
      if (typeof id !== 'string' || typeof name !== 'string' || typeof observer !== 'string' || known === undefined)
        continue;
      if (!(hash instanceof Uint8Array) || typeof created !== 'number') continue;
      this.#hold({ id, name, role: known, observer, createdMs: created }, hash);
    }
  }

  list(): TokenEntry[] {
    return [...this.#byHash.values()]
      .map((held) => held.entry)
      .toSorted((a, b) => a.createdMs - b.createdMs || (a.name < b.name ? -1 : 1));
  }

  /** Makes a token and gives it back in clear, this one time. */
  create(request: {
    name: string;
    role: Role;
    observer: string;
    nowMs: number;
  }): Result<{ token: string; entry: TokenEntry }, TokenFault> {
    if (this.#byHash.size >= TOKENS_MAX) return { ok: false, fault: { code: 'too-many-tokens' } };
    if (this.#named(request.name) !== undefined) return { ok: false, fault: { code: 'name-taken' } };
    const token = makeToken();
    const hash = secretHash(token);
    const entry: TokenEntry = {
      id: randomUUID(),
      name: request.name,
      role: request.role,
      observer: request.observer,
      createdMs: request.nowMs,
    };
    this.#database
      .prepare('INSERT INTO tokens (id, name, role, observer, hash, created) VALUES (?, ?, ?, ?, ?, ?)')
      .run(entry.id, entry.name, entry.role, entry.observer, hash, entry.createdMs);
    this.#hold(entry, hash);
    return { ok: true, value: { token, entry } };
  }

  /** Revokes by id or name; the token is refused from now on. */
  revoke(idOrName: string, nowMs: number): TokenEntry | undefined {
    for (const [key, { entry }] of this.#byHash) {
      if (entry.id !== idOrName && entry.name !== idOrName) continue;
      this.#database.prepare('UPDATE tokens SET revoked = ? WHERE id = ?').run(nowMs, entry.id);
      this.#byHash.delete(key);
      return entry;
    }
    return undefined;
  }

  /**
   * Who a token is. The map is keyed by the token's hash, so the time that a look-up takes tells of the hash at most,
   * and the found hash is compared in constant time.
   */
  lookup(token: string): Principal | undefined {
    const hash = secretHash(token);
    const held = this.#byHash.get(hash.toString('hex'));
    return held !== undefined && isSameHash(held.hash, hash) ? held.principal : undefined;
  }

  #named(name: string): TokenEntry | undefined {
    return [...this.#byHash.values()].find((held) => held.entry.name === name)?.entry;
  }

  #hold(entry: TokenEntry, hash: Uint8Array): void {
    const principal: Principal = { kind: 'token', name: entry.name, role: entry.role, observer: entry.observer };
    this.#byHash.set(Buffer.from(hash).toString('hex'), { entry, hash, principal });
  }
}
