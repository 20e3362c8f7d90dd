import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const HANDOVER_NAME = /^\d{6}\.note$/;

/** Where a ledger (its folder) keeps the handovers of its key. */
export function handoverFolder(ledgerFolder: string): string {
  return join(ledgerFolder, 'keys');
}

/** File names of the handovers in a folder, the oldest first. */
export function handoverNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => HANDOVER_NAME.test(name))
    .sort();
}

/** Handovers of the log's key, the oldest first: signed notes, nothing of them verified. */
export function handoverNotes(ledgerFolder: string): string[] {
  const folder = handoverFolder(ledgerFolder);
  return handoverNames(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
}
