import { encodeBase64, isJsonObject } from '@portledger/format';
import type { DatabaseSync } from 'node:sqlite';
import type { ObserverKeys } from './observer-keys.ts';
import { recordedKeys } from './recorded-keys.ts';
import type { KeyLedger, RecordedKeys } from './recorded-keys.ts';

const ROW = 'observer-keys-followed';

/** What following the ledger changed in the keys that were known, by observer. */
export type FollowedKeys = Pick<RecordedKeys, 'unreadBlocks'> & {
  readonly taken: readonly string[];
  readonly dropped: readonly string[];
};

/**
 * Brings the keys up to what the ledger says: the control state may be lost, restored from a backup, or have missed the
 * last change in a crash. Until this is done no batch may be taken, for nobody would know that it must be signed.
 */
export async function followKeys(database: DatabaseSync, ledger: KeyLedger, keys: ObserverKeys): Promise<FollowedKeys> {
  const { size } = ledger.published.head();
  const { last, unreadBlocks } = await recordedKeys(ledger, followedBlocks(database, ledger));
  const taken: string[] = [];
  const dropped: string[] = [];
  for (const [observer, key] of last) {
    const standing = keys.of(observer);
    if (key === undefined && standing !== undefined) {
      keys.remove(observer);
      dropped.push(observer);
    } else if (key !== undefined && standing?.keyId !== key.keyId) {
      keys.put(key);
      taken.push(observer);
    }
  }
  if (unreadBlocks.length === 0) noteFollowed(database, ledger, size);
  return { taken, dropped, unreadBlocks };
}

/**
 * Notes that the keys are those of the first `size` blocks. The root tells this ledger from one that was put in its
 * place, of which all is read again.
 */
export function noteFollowed(database: DatabaseSync, { published }: KeyLedger, size: number): void {
  const root = size === 0 ? undefined : published.root(size);
  if (root === undefined) return;
  database
    .prepare('INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
    .run(ROW, JSON.stringify({ size, root: encodeBase64(root) }));
}

function followedBlocks(database: DatabaseSync, { published }: KeyLedger): number {
  const row = database.prepare('SELECT value FROM settings WHERE name = ?').get(ROW);
  const saved: unknown = typeof row?.['value'] === 'string' ? JSON.parse(row['value']) : undefined;
  if (!isJsonObject(saved) || typeof saved['size'] !== 'number') return 0;
  const { size, root } = saved;
  if (size > published.head().size) return 0;
  const own = published.root(size);
  return own !== undefined && encodeBase64(own) === root ? size : 0;
}
