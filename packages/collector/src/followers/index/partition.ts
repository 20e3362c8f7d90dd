import type { Cursor } from '../../ledger/ledger-shapes.ts';
import { compareCursors, LEDGER_START } from '../ledger-source.ts';

/** Records from `first` up to but without `next`, as a Parquet file's name tells. */
export type PartitionRange = {
  readonly first: Cursor;
  readonly next: Cursor;
  /** How often the file was written again without records that were pruned. */
  readonly generation?: number;
};

/** One Parquet file of the index. */
export type Partition = PartitionRange & {
  readonly path: string;
  readonly records: number;
  readonly bytes: number;
  /** Earliest and latest event time, epoch microseconds. */
  readonly lowMicros: number;
  readonly highMicros: number;
};

const NAME = /^(\d{12})\.(\d{6})-(\d{12})\.(\d{6})(?:\.g(\d{1,6}))?\.parquet$/;

/**
 * `<first block>.<position>-<next block>.<position>.parquet`, with `.g<generation>` before the ending when it was written
 * again: files follow each other when one's end is the other's start.
 */
export function partitionName({ first, next, generation = 0 }: PartitionRange): string {
  return `${cursorText(first)}-${cursorText(next)}${generation === 0 ? '' : `.g${generation}`}.parquet`;
}

function cursorText({ block, position }: Cursor): string {
  return `${String(block).padStart(12, '0')}.${String(position).padStart(6, '0')}`;
}

export function parsePartitionName(name: string): PartitionRange | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, firstBlock, firstPosition, nextBlock, nextPosition, generation] = match;
  const range = {
    first: { block: Number(firstBlock), position: Number(firstPosition) },
    next: { block: Number(nextBlock), position: Number(nextPosition) },
  };
  if (compareCursors(range.first, range.next) >= 0) return undefined;
  return generation === undefined ? range : { ...range, generation: Number(generation) };
}

/**
 * The files that together hold each record once, from the ledger's start without a gap. Where ranges overlap the widest
 * wins: a merge that was cut short leaves its parts beside the whole. Of one range the latest generation wins. The rest is to be thrown away; replay brings it back.
 */
export function contiguousChain<T extends PartitionRange>(
  partitions: readonly T[],
): { readonly chain: T[]; readonly rest: T[] } {
  const ordered = partitions.toSorted(
    (a, b) =>
      compareCursors(a.first, b.first) || compareCursors(b.next, a.next) || (b.generation ?? 0) - (a.generation ?? 0),
  );
  const chain: T[] = [];
  const rest: T[] = [];
  let cursor = LEDGER_START;
  for (const partition of ordered) {
    if (compareCursors(partition.first, cursor) === 0) {
      chain.push(partition);
      cursor = partition.next;
    } else {
      rest.push(partition);
    }
  }
  return { chain, rest };
}
