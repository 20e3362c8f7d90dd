import type { BatchEntry } from '../manifest.ts';
import type { AccessRecord } from '../record.ts';
import type { BatchSpan } from './batch-span.ts';
import { SequenceRanges, sessionKey } from './sequence-ranges-plainly.ts';
import type { StreamReport } from './stream-report.ts';
import type { FindingPlace, VerifyLog } from './verify-log.ts';

type Stream = Pick<StreamReport, 'observer' | 'session'> & {
  readonly ranges: SequenceRanges;
  /** Numbers that nobody told to be lost. */
  readonly untold: SequenceRanges;
  readonly lost: Record<string, number>;
  overlaps: number;
  isStopped: boolean;
};

/** What stream-watch.ts does, for the single-file verifier: numbers and losses. Silences `portledger verify` tells. */
export class StreamWatch {
  readonly #streams = new Map<string, Stream>();
  readonly #signing = new Set<string>();

  get count(): number {
    return this.#streams.size;
  }

  take(batches: readonly BatchEntry[], place: FindingPlace, log: VerifyLog): void {
    for (const { observer, session, first_seq: first, count, signed } of batches) {
      if (signed !== undefined) this.#signing.add(observer);
      const stream = this.#stream(observer, session);
      const { ranges, untold } = stream;
      if (ranges.missing(first, count).reduce((sum, { from, to }) => sum + to - from, 0) !== count) {
        stream.overlaps += 1;
        const held = `sequence numbers ${first}–${first + count - 1} are held already, in part or whole`;
        log.find('batch-overlap', place, `${observer} ${session}: ${held}`);
      }
      ranges.add(first, count);
      untold.add(first, count);
    }
  }

  observe(_batches: readonly BatchEntry[], _spans: readonly (BatchSpan | undefined)[]): void {
    // times show silences, which are not told here
  }

  mark({ action, reason = 'no cause told', count = 0, labels = {}, ...record }: AccessRecord): void {
    const { lost } = this.#stream(record.observer, record.session);
    if (action === 'capture-stopped') this.#stream(record.observer, record.session).isStopped = true;
    if (action !== 'records-lost') return;
    const { observer = record.observer, session, from, to } = labels;
    if (session === undefined || !(Number(from) < Number(to))) lost[reason] = (lost[reason] ?? 0) + count;
    else if (record.observer_kind === 'system' || record.observer === observer)
      this.#stream(observer, session).untold.add(Number(from), Number(to) - Number(from));
  }

  finish(_end: string | undefined, log: VerifyLog): readonly StreamReport[] {
    return [...this.#streams.values()].map((stream) => {
      const { ranges, untold, observer, session, lost, overlaps, isStopped } = stream;
      const missing = ranges.holes.reduce((sum, { from, to }) => sum + to - from, 0);
      const left = untold.holes.filter(({ from }) => from < ranges.next);
      const isSigned = this.#signing.has(observer);
      if (isSigned && left.length > 0)
        log.find(
          'sequence-hole',
          { file: 'tile/entries' },
          `${observer} ${session} lacks numbers from ${left[0]?.from}`,
        );
      const toldMissing = missing - left.reduce((sum, { from, to }) => sum + to - from, 0);
      const told = { observer, session, lost, overlaps, isStopped, missing, toldMissing, isSigned };
      const untimed = { records: 0, firstSeq: 0, silences: [], silencesTotal: 0 };
      return Object.assign(told, untimed, { nextSeq: ranges.next, holes: ranges.holes });
    });
  }

  #stream(observer: string, session: string): Stream {
    const key = sessionKey(observer, session);
    const made = { observer, session, ranges: new SequenceRanges(), untold: new SequenceRanges(), lost: {} };
    const stream = this.#streams.get(key) ?? { ...made, overlaps: 0, isStopped: false };
    this.#streams.set(key, stream);
    return stream;
  }
}
