import type { FollowedChunk } from '../ledger-source.ts';
import { VECTOR_ROWS } from './column-buffer.ts';

/**
 * Takes the next chunk from a queue, joined with those that follow it in the same block until it fills a vector: many
 * small appends would cost more than their records. The queue must not be empty.
 */
export function takeJoined(queue: FollowedChunk[]): FollowedChunk {
  const first = queue.shift();
  if (first === undefined) throw new Error('the queue is empty');
  const parts = [first];
  let count = first.count;
  for (let next = queue[0]; next !== undefined && count < VECTOR_ROWS; next = queue[0]) {
    if (next.block !== first.block || next.position !== first.position + count) break;
    queue.shift();
    parts.push(next);
    count += next.count;
  }
  return parts.length === 1 ? first : joined(first, parts, count);
}

function joined(first: FollowedChunk, parts: readonly FollowedChunk[], count: number): FollowedChunk {
  const lines = new Uint8Array(parts.reduce((sum, part) => sum + part.lines.length, 0));
  const lineEnds = new Uint32Array(count);
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
  return { ...first, count, lines, lineEnds, batches: parts.flatMap((part) => part.batches) };
}
