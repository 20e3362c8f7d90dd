import type { FollowedChunk } from '../ledger-source.ts';
import { VECTOR_ROWS } from './column-buffer.ts';

/**
 * Takes the next chunk from a queue and those that follow it in the same block until they fill a vector: many small
 * appends would cost more than their records. The queue must not be empty.
 */
export function takeRun<C extends FollowedChunk>(queue: C[]): readonly C[] {
  const first = queue.shift();
  if (first === undefined) throw new Error('the queue is empty');
  const run = [first];
  let count = first.count;
  for (let next = queue[0]; next !== undefined && count < VECTOR_ROWS; next = queue[0]) {
    if (next.block !== first.block || next.position !== first.position + count) break;
    queue.shift();
    run.push(next);
    count += next.count;
  }
  return run;
}

/** Consecutive chunks of one block as one. There must be at least one. */
export function joined(parts: readonly FollowedChunk[]): FollowedChunk {
  const [first] = parts;
  if (first === undefined) throw new Error('nothing to join');
  if (parts.length === 1) return first;
  const lines = new Uint8Array(parts.reduce((sum, part) => sum + part.lines.length, 0));
  const lineEnds = new Uint32Array(parts.reduce((sum, part) => sum + part.count, 0));
  let offset = 0;
  let row = 0;
  for (const part of parts) {
    lines.set(part.lines, offset);
    for (const end of part.lineEnds) {
      lineEnds[row] = offset + end;
      row += 1;
    }
    offset += part.lines.length;
  }
  return { ...first, count: row, lines, lineEnds, batches: parts.flatMap((part) => part.batches) };
}
