import type { SequenceRange } from './sequence-ranges.ts';

/** What sequence-ranges.ts does, in short, for the single-file verifier: keeps the parts that are not held, up to infinity. */
export class SequenceRanges {
  #free: readonly SequenceRange[] = [{ from: 0, to: Infinity }];

  get next(): number {
    return this.#free.at(-1)?.from ?? 0;
  }

  get holes(): readonly SequenceRange[] {
    return this.#free.slice(0, -1);
  }

  missing(first: number, count: number): SequenceRange[] {
    const cut = this.#free.map(({ from, to }) => ({ from: Math.max(from, first), to: Math.min(to, first + count) }));
    return cut.filter(({ from, to }) => from < to);
  }

  add(first: number, count: number): void {
    const left = this.#free.flatMap(({ from, to }) => [
      { from, to: Math.min(to, first) },
      { from: Math.max(from, first + count), to },
    ]);
    this.#free = left.filter(({ from, to }) => from < to);
  }
}

/** One key for a session's stream; NUL can't stand in either name. */
export function sessionKey(observer: string, session: string): string {
  return `${observer}\u0000${session}`;
}
