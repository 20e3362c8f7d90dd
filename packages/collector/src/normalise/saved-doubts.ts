import { isJsonObject } from '@portledger/format';
import type { DatabaseSync } from 'node:sqlite';
import type { LedgerDoubt } from './seen-checkpoints.ts';

const ROW = 'ledger-doubts';

/** Doubts outlive a restart: only an operator's act ends them. */
export function saveDoubts(database: DatabaseSync, doubts: readonly LedgerDoubt[]): void {
  database
    .prepare('INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
    .run(ROW, JSON.stringify(doubts));
}

export function loadDoubts(database: DatabaseSync): LedgerDoubt[] {
  const row = database.prepare('SELECT value FROM settings WHERE name = ?').get(ROW);
  const saved: unknown = typeof row?.['value'] === 'string' ? JSON.parse(row['value']) : [];
  return Array.isArray(saved) ? saved.flatMap((value: unknown) => readDoubt(value) ?? []) : [];
}

function readDoubt(value: unknown): LedgerDoubt | undefined {
  if (!isJsonObject(value)) return undefined;
  const { observer, seen, ownSize, kind, noticedMs } = value;
  if (typeof observer !== 'string' || typeof ownSize !== 'number' || typeof noticedMs !== 'number') return undefined;
  if ((kind !== 'ahead' && kind !== 'differs') || !isJsonObject(seen)) return undefined;
  const { root, size } = seen;
  if (typeof root !== 'string' || typeof size !== 'number') return undefined;
  return { observer, seen: { root, size }, ownSize, kind, noticedMs };
}
