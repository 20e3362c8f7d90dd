import type { BatchEntry } from '../manifest.ts';
import { SequenceRanges, sessionKey } from './sequence-ranges.ts';
import type { FindingPlace, VerifyLog } from './verify-report.ts';

/** Follows every stream through the log: nothing twice is a finding, something missing a note. */
export class BatchContinuity {
  readonly #streams = new Map<string, SequenceRanges>();

  get count(): number {
    return this.#streams.size;
  }

  take(batches: readonly BatchEntry[], place: FindingPlace, log: VerifyLog): void {
    for (const { observer, session, first_seq, count } of batches) {
      const key = sessionKey(observer, session);
      let ranges = this.#streams.get(key);
      if (ranges === undefined) this.#streams.set(key, (ranges = new SequenceRanges()));
      const [missing] = ranges.missing(first_seq, count);
      if (missing?.from !== first_seq || missing.to !== first_seq + count) {
        log.find(
          'batch-overlap',
          place,
          `${observer} ${session}: sequence numbers ${first_seq}–${first_seq + count - 1} are held already, in part or whole`,
        );
      }
      ranges.add(first_seq, count, Infinity);
    }
  }

  /** Tells the holes that were never filled. */
  tellHoles(log: VerifyLog): void {
    for (const [key, ranges] of this.#streams) {
      for (const hole of ranges.holes) {
        const [observer, session] = key.split('\u0000');
        log.note(
          'sequence-hole',
          `${observer} ${session}: sequence numbers ${hole.from}–${hole.to - 1} were never received`,
        );
      }
    }
  }
}
