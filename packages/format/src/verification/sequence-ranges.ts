/** Half-open range of sequence numbers of one session. */
export type SequenceRange = { readonly from: number; readonly to: number };

/**
 * Which sequence numbers of one (observer, session) the ledger holds: all below `next` but the holes.
 * Agents send without holes, so the list is nearly always empty. It is bounded: past `holesMax` the oldest
 * hole is forgotten, which means that a record arriving for it later counts as already held.
 */
export class SequenceRanges {
  #next: number;
  readonly #holes: SequenceRange[];

  constructor(next = 0, holes: readonly SequenceRange[] = []) {
    this.#next = next;
    this.#holes = [...holes];
  }

  get next(): number {
    return this.#next;
  }

  get holes(): readonly SequenceRange[] {
    return this.#holes;
  }

  clone(): SequenceRanges {
    return new SequenceRanges(this.#next, this.#holes);
  }

  /** The parts of `[first, first + count)` not held so far, in order. Changes nothing. */
  missing(first: number, count: number): SequenceRange[] {
    const end = first + count;
    if (first >= this.#next) return [{ from: first, to: end }];
    const parts: SequenceRange[] = [];
    for (const hole of this.#holes) {
      const from = Math.max(hole.from, first);
      const to = Math.min(hole.to, end);
      if (from < to) parts.push({ from, to });
    }
    if (end > this.#next) parts.push({ from: this.#next, to: end });
    return parts;
  }

  /** Takes `[first, first + count)` as held from now on. */
  add(first: number, count: number, holesMax: number): void {
    const end = first + count;
    if (this.#holes.length > 0 && first < this.#next) this.#fill(first, end);
    if (first > this.#next) {
      this.#holes.push({ from: this.#next, to: first });
      if (this.#holes.length > holesMax) this.#holes.shift();
    }
    if (end > this.#next) this.#next = end;
  }

  #fill(first: number, end: number): void {
    const left: SequenceRange[] = [];
    for (const hole of this.#holes) {
      if (hole.to <= first || hole.from >= end) {
        left.push(hole);
        continue;
      }
      if (hole.from < first) left.push({ from: hole.from, to: first });
      if (hole.to > end) left.push({ from: end, to: hole.to });
    }
    this.#holes.splice(0, this.#holes.length, ...left);
  }
}

/** One key for a session's stream; NUL can't stand in either name. */
export function sessionKey(observer: string, session: string): string {
  return `${observer}\u0000${session}`;
}
