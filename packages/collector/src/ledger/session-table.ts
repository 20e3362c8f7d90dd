import { SequenceRanges, batchStatementHash, sessionKey } from '@portledger/format';
import type { BatchEntry, SequenceRange } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import type { StreamEnd } from './ledger-shapes.ts';
import { SESSION_HOLES_MAX } from './limits.ts';

/** A stream's row as it is handed between threads and written to the snapshot: key, next, holes, last statement. */
export type SessionRow = readonly [key: string, next: number, holes: readonly SequenceRange[], statement?: string];

type Stream = { readonly ranges: SequenceRanges; readonly statement: string | undefined };

/** What an entry says of its records' place, but for their number. */
type HeldBatch = Pick<BatchEntry, 'observer' | 'session' | 'first_seq' | 'signed'>;

/**
 * Which sequence numbers of each stream the ledger holds: what makes delivery exactly-once. Bounded; the stream
 * silent for longest is forgotten first (a Map keeps the order of insertion, so touching means re-inserting).
 */
export class SessionTable {
  readonly #sessionsMax: number;
  #sessions = new Map<string, Stream>();

  constructor(sessionsMax: number, rows: readonly SessionRow[] = []) {
    this.#sessionsMax = sessionsMax;
    for (const [key, next, holes, statement] of rows)
      this.#sessions.set(key, { ranges: new SequenceRanges(next, holes), statement });
  }

  get count(): number {
    return this.#sessions.size;
  }

  ranges(observer: string, session: string): SequenceRanges | undefined {
    return this.#sessions.get(sessionKey(observer, session))?.ranges;
  }

  end(observer: string, session: string): StreamEnd | undefined {
    const stream = this.#sessions.get(sessionKey(observer, session));
    if (stream === undefined) return undefined;
    const { ranges, statement } = stream;
    return statement === undefined ? { next: ranges.next } : { next: ranges.next, statement };
  }

  /** Takes records as held from now on: those of a manifest's entry, or of a journal's. */
  add({ observer, session, first_seq: first, signed }: HeldBatch, count: number): void {
    const key = sessionKey(observer, session);
    const before = this.#sessions.get(key);
    const ranges = before?.ranges ?? new SequenceRanges();
    // What fills an earlier hole says nothing of how the stream ends.
    const isLast = first + count > ranges.next;
    ranges.add(first, count, SESSION_HOLES_MAX);
    const own = signed === undefined ? undefined : batchStatementHash(nodeSha256, { observer, session }, signed);
    this.#sessions.delete(key);
    this.#sessions.set(key, { ranges, statement: isLast ? own : before?.statement });
    if (this.#sessions.size <= this.#sessionsMax) return;
    const oldest = this.#sessions.keys().next().value;
    if (oldest !== undefined) this.#sessions.delete(oldest);
  }

  rows(): SessionRow[] {
    return Array.from(this.#sessions, ([key, { ranges, statement }]): SessionRow => {
      return statement === undefined ? [key, ranges.next, ranges.holes] : [key, ranges.next, ranges.holes, statement];
    });
  }
}

/** A table plus what a group commit would add to it: thrown away when the write fails. */
export class TentativeSessions {
  readonly #table: SessionTable;
  readonly #added = new Map<string, SequenceRanges>();

  constructor(table: SessionTable) {
    this.#table = table;
  }

  /** The number after the last one that a stream holds; 0 where it holds none. */
  next(observer: string, session: string): number {
    const key = sessionKey(observer, session);
    return (this.#added.get(key) ?? this.#table.ranges(observer, session))?.next ?? 0;
  }

  /** The parts of a batch that are new, which count as held from now on. */
  take(observer: string, session: string, first: number, count: number): SequenceRange[] {
    const key = sessionKey(observer, session);
    const ranges = this.#added.get(key) ?? this.#table.ranges(observer, session)?.clone() ?? new SequenceRanges();
    const missing = ranges.missing(first, count);
    for (const part of missing) ranges.add(part.from, part.to - part.from, SESSION_HOLES_MAX);
    this.#added.set(key, ranges);
    return missing;
  }
}
