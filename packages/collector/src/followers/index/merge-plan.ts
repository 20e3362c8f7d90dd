import { MERGE_FILES_MIN, MERGED_RECORDS_MAX } from './limits.ts';

/**
 * Which neighbouring files to merge next, as a range of the list: the longest run of at least 8 files of one size class
 * (each class eight times the one before) that fit into one file. So a record is rewritten once a class, and the number
 * of files grows with the logarithm of their records until they are full. Undefined if nothing is worth it.
 */
export function planMerge(
  partitions: readonly { readonly records: number }[],
): { readonly from: number; readonly to: number } | undefined {
  for (let from = 0; from < partitions.length; from += 1) {
    const level = sizeClass(partitions[from]?.records ?? 0);
    let records = 0;
    let to = from;
    for (; to < partitions.length; to += 1) {
      const size = partitions[to]?.records ?? 0;
      if (sizeClass(size) > level || records + size > MERGED_RECORDS_MAX) break;
      records += size;
    }
    if (to - from >= MERGE_FILES_MIN) return { from, to };
  }
  return undefined;
}

function sizeClass(records: number): number {
  return Math.floor(Math.log2(Math.max(1, MERGED_RECORDS_MAX / Math.max(1, records))) / -3);
}
