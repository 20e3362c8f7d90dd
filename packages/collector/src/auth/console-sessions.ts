import type { DatabaseSync } from 'node:sqlite';
import { SESSION_TTL_MS, SESSIONS_MAX } from '../limits.ts';
import type { Principal } from './principal.ts';
import { ROLES } from './principal.ts';
import { makeSecret, secretHash } from './secrets.ts';

export const SESSION_COOKIE = 'portledger_session';

/** Signed-in consoles. Stored as hashes, so a restart of the collector signs nobody out. */
export class ConsoleSessions {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Opens a session and gives back the cookie's value. */
  open(principal: Principal, nowMs: number): { secret: string; expiresMs: number } {
    this.#database.prepare('DELETE FROM sessions WHERE expires <= ?').run(nowMs);
    this.#database
      .prepare('DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions ORDER BY expires DESC LIMIT -1 OFFSET ?)')
      .run(SESSIONS_MAX - 1);
    const secret = makeSecret();
    const expiresMs = nowMs + SESSION_TTL_MS;
    this.#database
      .prepare('INSERT INTO sessions (hash, name, role, observer, expires) VALUES (?, ?, ?, ?, ?)')
      .run(secretHash(secret), principal.name, principal.role, principal.observer, expiresMs);
    return { secret, expiresMs };
  }

  lookup(secret: string, nowMs: number): Principal | undefined {
    const row = this.#database
      .prepare('SELECT name, role, observer FROM sessions WHERE hash = ? AND expires > ?')
      .get(secretHash(secret), nowMs);
    const role = ROLES.find((known) => known === row?.['role']);
    const name = row?.['name'];
    const observer = row?.['observer'];
    if (role === undefined || typeof name !== 'string' || typeof observer !== 'string') return undefined;
    return { kind: 'session', name, role, observer };
  }

  close(secret: string): void {
    this.#database.prepare('DELETE FROM sessions WHERE hash = ?').run(secretHash(secret));
  }

  /** Ends every session that was opened through the token of this name. */
  closeOf(name: string): void {
    this.#database.prepare('DELETE FROM sessions WHERE name = ?').run(name);
  }
}
