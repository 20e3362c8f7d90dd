import type { TimeBounds } from '../../query/time-bounds.ts';
import { COLUMNS } from './columns.ts';
import { pathLiteral } from './database.ts';

/**
 * A hot table or a Parquet file, with the event times that its records lie between (epoch microseconds). A hot table
 * may have grown since it was asked: its records and times are those of that moment, and a query may find more.
 */
export type RecordSource = {
  readonly records: number;
  readonly lowMicros: number;
  readonly highMicros: number;
} & (
  | { readonly kind: 'table'; /** Gives all columns in order. */ readonly select: string }
  | { readonly kind: 'file'; readonly path: string }
);

type Held = { readonly source: () => RecordSource; readonly discard: () => void; users: number; retired: boolean };

/** What a query reads. The sources stay readable until it is released. */
export type Lease = { readonly sources: readonly RecordSource[]; release(): void };

/**
 * Everything that can be searched, just now. Changing the set is one step on the index's thread, so a query that takes a
 * lease sees each record once: either in its hot table or in the file it went to. What is retired is thrown away when the
 * last query that reads it is done.
 */
export class SourceSet {
  readonly #held = new Set<Held>();

  /** Adds a source, told anew by `source` whenever it is asked for; returns what retires it. */
  add(source: () => RecordSource, discard: () => void): () => void {
    const held: Held = { source, discard, users: 0, retired: false };
    this.#held.add(held);
    return () => {
      this.#held.delete(held);
      held.retired = true;
      if (held.users === 0) held.discard();
    };
  }

  lease(bounds: TimeBounds): Lease {
    const taken = [...this.#held].filter((held) => {
      const { records, lowMicros, highMicros } = held.source();
      return records > 0 && lowMicros <= bounds.high && highMicros >= bounds.low;
    });
    for (const held of taken) held.users += 1;
    let released = false;
    return {
      sources: taken.map((held) => held.source()),
      release: () => {
        if (released) return;
        released = true;
        for (const held of taken) {
          held.users -= 1;
          if (held.retired && held.users === 0) held.discard();
        }
      },
    };
  }
}

const COLUMN_LIST = COLUMNS.map(({ name }) => `"${name}"`).join(', ');

/** The sources, of which there is at least one, as one table expression for FROM. */
export function fromSources(sources: readonly RecordSource[]): string {
  if (sources.length === 0) throw new Error('a query was made over no source');
  const files = sources.flatMap((source) => (source.kind === 'file' ? [pathLiteral(source.path)] : []));
  const selects = sources.flatMap((source) => (source.kind === 'table' ? [source.select] : []));
  if (files.length > 0) selects.unshift(`SELECT ${COLUMN_LIST} FROM read_parquet([${files.join(', ')}])`);
  return `(${selects.join(' UNION ALL ')})`;
}
