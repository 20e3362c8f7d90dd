import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { fail, ok, parseVerifierKey } from '@portledger/format';
import type { Result } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import type { Logger } from 'pino';
import type { SystemObserver } from './doors/system/system-observer.ts';
import { LedgerError } from './ledger/ledger.ts';
import type { Ledger } from './ledger/ledger.ts';

export type KeyRecorderParts = {
  readonly ledger: Ledger;
  readonly system: SystemObserver;
  readonly database: DatabaseSync;
  readonly log: Logger;
};

/** Sees to it that every change of the log's key is a record, also one that a crash cut off from its own. */
export class KeyRecorder {
  readonly #parts: KeyRecorderParts;

  constructor(parts: KeyRecorderParts) {
    this.#parts = parts;
    this.#note('operator');
  }

  /** Hands the log over to a new key. The fault says what to do. */
  async rotate(by: string): Promise<Result<true, string>> {
    try {
      await this.#parts.ledger.rotateKey();
    } catch (error) {
      if (error instanceof LedgerError) return fail(error.message);
      throw error;
    }
    this.#note(by);
    return ok(true);
  }

  /** Records that the key is another than the one recorded last. */
  #note(by: string): void {
    const { ledger, system, database, log } = this.#parts;
    const { vkey } = ledger.head();
    const row = database.prepare("SELECT value FROM settings WHERE name = 'vkey'").get();
    const known = row?.['value'];
    if (known === vkey) return;
    if (typeof known === 'string') {
      const labels = { retired: known, vkey, fingerprint: fingerprintOf(vkey) };
      log.warn(labels, 'the log was handed over to a new key');
      system.configChanged(by, 'ledger key', labels);
    }
    database
      .prepare("INSERT INTO settings (name, value) VALUES ('vkey', ?) ON CONFLICT DO UPDATE SET value = excluded.value")
      .run(vkey);
  }
}

function fingerprintOf(vkey: string): string {
  const key = parseVerifierKey(nodeSha256, vkey);
  const bytes = key.ok ? key.value.publicKey : Buffer.from(vkey);
  return `SHA256:${createHash('sha256').update(bytes).digest('base64').replace(/=+$/, '')}`;
}
