import { SequenceRanges, sessionKey } from '@portledger/format';
import type { SequenceRange } from '@portledger/format';
import { SESSION_HOLES_MAX } from './limits.ts';

/** A stream's row as it is handed between threads and written to the snapshot: key, next, holes. */
export type SessionRow = readonly [key: string, next: number, holes: readonly SequenceRange[]];

/**
 * Which sequence numbers of each stream the ledger holds: what makes delivery exactly-once. Bounded; the stream
 * silent for longest is forgotten first (a Map keeps the order of insertion, so touching means re-inserting).
 */
export class SessionTable {
  readonly #sessionsMax: number;
  #sessions = new Map<string, SequenceRanges>();

  constructor(sessionsMax: number, rows: readonly SessionRow[] = []) {
    this.#sessionsMax = sessionsMax;
    for (const [key, next, holes] of rows) this.#sessions.set(key, new SequenceRanges(next, holes));
  }

  get count(): number {
    return this.#sessions.size;
  }

  ranges(observer: string, session: string): SequenceRanges | undefined {
    return this.#sessions.get(sessionKey(observer, session));
  }

  add(observer: string, session: string, first: number, count: number): void {
    const key = sessionKey(observer, session);
    const ranges = this.#sessions.get(key) ?? new SequenceRanges();
    ranges.add(first, count, SESSION_HOLES_MAX);
    this.#sessions.delete(key);
    this.#sessions.set(key, ranges);
    if (this.#sessions.size <= this.#sessionsMax) return;
    const oldest = this.#sessions.keys().next().value;
    if (oldest !== undefined) this.#sessions.delete(oldest);
  }

  rows(): SessionRow[] {
    return Array.from(this.#sessions, ([key, ranges]): SessionRow => [key, ranges.next, ranges.holes]);
  }
}

/** A table plus what a group commit would add to it: thrown away when the write fails. */
export class TentativeSessions {
  readonly #table: SessionTable;
  readonly #added = new Map<string, SequenceRanges>();

  constructor(table: SessionTable) {
    this.#table = table;
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
