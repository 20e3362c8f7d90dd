import { MERGE_FILES_MIN, MERGED_RECORDS_MAX } from './limits.ts';

/**
 * Which neighbouring files to merge next, as a range of the list: at least 8 that fit into one file, of which the biggest
 * is at most half of the whole. So a record's file at least doubles with each rewriting, which bounds how often one is
 * rewritten. Undefined if nothing is worth it.
 */
export function planMerge(
  partitions: readonly { readonly records: number }[],
): { readonly from: number; readonly to: number } | undefined {
  for (let from = 0; from < partitions.length; from += 1) {
    let [records, biggest] = [0, 0];
    let best: number | undefined;
    for (let to = from; to < partitions.length; to += 1) {
      const size = partitions[to]?.records ?? 0;
      records += size;
      biggest = Math.max(biggest, size);
      if (records > MERGED_RECORDS_MAX) break;
      if (to + 1 - from >= MERGE_FILES_MIN && biggest * 2 <= records) best = to + 1;
    }
    if (best !== undefined) return { from, to: best };
  }
  return undefined;
}
