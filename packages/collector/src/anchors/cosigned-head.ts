import type { PublishedHead } from '../ledger/published-log.ts';
import type { WitnessedNotes } from './witnessed-notes.ts';

/**
 * The published checkpoint as it is served: the log's own note, and where witnesses have cosigned this very text, with
 * their signature lines after it. The log's own line is always first and always its own.
 */
export function cosignedHead(
  { size, checkpoint }: PublishedHead,
  notes: Pick<WitnessedNotes, 'of'> | undefined,
): string {
  const cosigned = notes?.of(size)?.note;
  return cosigned?.startsWith(checkpoint) === true ? cosigned : checkpoint;
}
