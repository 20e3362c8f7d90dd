import { parseLine } from '@portledger/format';
import type { BlockManifest } from '@portledger/format';
import { onMovingEdge } from '../ledger/block-reader.ts';
import type { BlockReader } from '../ledger/block-reader.ts';
import { parseQuery } from '../query/parse-query.ts';
import { toPredicate } from '../query/query-predicate.ts';
import type { HitPredicate } from '../query/query-predicate.ts';
import { mayHold } from './hold.ts';
import type { Hold } from './hold.ts';
import type { SegmentSummary } from './segment-census.ts';

/**
 * The names of the holds that keep records of a segment. Where a hold has a query, the segment's own lines are looked at:
 * no index is asked, because one that lags or was rebuilt must not let anything go.
 */
export async function holdsOn(
  segment: SegmentSummary,
  holds: readonly Hold[],
  source: { readonly reader: BlockReader; readonly size: () => number },
): Promise<readonly string[]> {
  const possible = holds.filter((hold) => mayHold(hold, segment));
  const certain = possible.filter(({ query }) => query === undefined).map(({ name }) => name);
  const open = new Map<string, HitPredicate>();
  for (const { name, query } of possible) {
    if (query === undefined) continue;
    const parsed = parseQuery(query, { now: 0 });
    // What can no longer be read keeps everything: better too much than what a court asked for.
    if (parsed.ok) open.set(name, toPredicate(parsed.value));
    else certain.push(name);
  }
  for (let block = segment.segment; block <= segment.lastBlock && open.size > 0; block++) {
    const manifest = await onMovingEdge(source.size, (size) => source.reader.manifest(block, size));
    if (manifest.class !== segment.class) continue;
    for (const name of await matchesIn(manifest, open, source.reader)) {
      open.delete(name);
      certain.push(name);
    }
  }
  return certain.sort();
}

async function matchesIn(
  manifest: BlockManifest,
  open: ReadonlyMap<string, HitPredicate>,
  reader: BlockReader,
): Promise<readonly string[]> {
  const { lines, lineEnds } = await reader.lines(manifest);
  const text = Buffer.from(lines.buffer, lines.byteOffset, lines.length);
  const { block, class: className, batches } = manifest;
  const found = new Set<string>();
  let [position, start] = [0, 0];
  for (const { count, received } of batches) {
    for (const end of lineEnds.subarray(position, position + count)) {
      const record = parseLine(text.toString('utf8', start, end - 1));
      if (!record.ok) throw new Error(`record ${block}:${position} of the ledger can't be read`);
      const hit = { block, position, received, class: className, record: record.value };
      for (const [name, matches] of open) if (!found.has(name) && matches(hit)) found.add(name);
      if (found.size === open.size) return [...found];
      start = end;
      position += 1;
    }
  }
  return [...found];
}
