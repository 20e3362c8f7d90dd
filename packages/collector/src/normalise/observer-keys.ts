import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/** An observer's key as it is in force: what a batch of that observer must be signed with. */
export type ObserverKey = {
  readonly observer: string;
  readonly keyId: string;
  /** 32 bytes of an Ed25519 public key. */
  readonly publicKey: Uint8Array;
  readonly registeredMs: number;
  /** Name of the token that it was registered with. */
  readonly by: string;
};

type Held = { readonly key: ObserverKey; readonly verifier: KeyObject };

/** DER of a SubjectPublicKeyInfo up to the 32 bytes of an Ed25519 key (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** The keys of the observers that sign: control state. The ledger says of each when it came and went. */
export class ObserverKeys {
  readonly #database: DatabaseSync;
  readonly #held = new Map<string, Held>();
  readonly #awaited = new Set<string>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    for (const row of database.prepare('SELECT observer, key_id, key, registered, by FROM observer_keys').all()) {
      const { observer, key_id: keyId, key, registered, by } = row;
      if (typeof observer !== 'string' || typeof keyId !== 'string' || typeof by !== 'string') continue;
      if (!(key instanceof Uint8Array) || typeof registered !== 'number') continue;
      this.#hold({ observer, keyId, publicKey: key, registeredMs: registered, by });
    }
  }

  get count(): number {
    return this.#held.size;
  }

  list(): ObserverKey[] {
    return [...this.#held.values()].map(({ key }) => key).toSorted((a, b) => (a.observer < b.observer ? -1 : 1));
  }

  of(observer: string): ObserverKey | undefined {
    return this.#held.get(observer)?.key;
  }

  /** The key that checks the observer's signatures. */
  verifierOf(observer: string): KeyObject | undefined {
    return this.#held.get(observer)?.verifier;
  }

  /** Whether the observer's batches must be signed: from the moment that its key is being recorded. */
  isSigning(observer: string): boolean {
    return this.#held.has(observer) || this.#awaited.has(observer);
  }

  /** From now on nothing unsigned is taken, while the record of the key becomes durable. The returned call ends that. */
  await(observer: string): () => void {
    this.#awaited.add(observer);
    return () => this.#awaited.delete(observer);
  }

  put(key: ObserverKey): void {
    this.#database
      .prepare(
        `INSERT INTO observer_keys (observer, key_id, key, registered, by) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET key_id = excluded.key_id, key = excluded.key, registered = excluded.registered, by = excluded.by`,
      )
      .run(key.observer, key.keyId, key.publicKey, key.registeredMs, key.by);
    this.#hold(key);
  }

  remove(observer: string): void {
    this.#database.prepare('DELETE FROM observer_keys WHERE observer = ?').run(observer);
    this.#held.delete(observer);
  }

  #hold(key: ObserverKey): void {
    const der = Buffer.concat([SPKI_PREFIX, key.publicKey]);
    this.#held.set(key.observer, { key, verifier: createPublicKey({ key: der, format: 'der', type: 'spki' }) });
  }
}
