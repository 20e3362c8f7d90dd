import type { Chunk } from '../ledger/ledger-shapes.ts';

/** The line at a position of a block's chunk and when it was received; undefined when the chunk does not hold it. */
export function recordOfChunk(
  chunk: Chunk,
  position: number,
): { readonly line: string; readonly received: string } | undefined {
  const index = position - chunk.position;
  const end = index < 0 ? undefined : chunk.lineEnds[index];
  if (end === undefined) return undefined;
  const start = index === 0 ? 0 : (chunk.lineEnds[index - 1] ?? 0);
  const batch = chunk.batches.findLast((entry) => entry.position <= position);
  if (batch === undefined) throw new Error(`block ${chunk.block} has no batch for its position ${position}`);
  return { line: new TextDecoder().decode(chunk.lines.subarray(start, end - 1)), received: batch.received };
}
