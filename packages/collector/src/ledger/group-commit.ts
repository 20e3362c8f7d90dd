import { crc32 } from 'node:zlib';
import { ENTRY_HEADER_BYTES, writeEntryHeader } from '@portledger/format';
import type { PlannedEntry } from './append-plan.ts';
import { bytesOf, lineStart } from './append-plan.ts';
import type { LivePiece } from './live-block.ts';

/** The journal bytes of a group commit and the pieces in them, one a planned entry. */
export type GroupBytes = { readonly bytes: Uint8Array; readonly pieces: readonly LivePiece[] };

function pieceEnds(entry: PlannedEntry, start: number): Uint32Array {
  const { batch, from, to } = entry;
  if (from === 0) return batch.lineEnds.slice(0, to);
  const ends = new Uint32Array(to - from);
  for (let line = from; line < to; line++) ends[line - from] = (batch.lineEnds[line] ?? 0) - start;
  return ends;
}

/**
 * Lays a group commit out as the bytes of one write. The lines are copied here, once: afterwards readers share this
 * buffer and the caller may reuse its own.
 * `offset` is where the write will go in the journal file; `prefix` is its header where it is a new one.
 */
export function layOutGroup(
  entries: readonly PlannedEntry[],
  ordinal: number,
  offset: number,
  prefix: Uint8Array,
): GroupBytes {
  const metas = entries.map((entry) => JSON.stringify({ ...entry.meta, group: ordinal }));
  const sizes = entries.map((entry) => bytesOf(entry.batch, entry.from, entry.to));
  const total = entries.reduce((sum, _, at) => {
    return sum + ENTRY_HEADER_BYTES + Buffer.byteLength(metas[at] ?? '') + (sizes[at] ?? 0);
  }, prefix.length);
  const bytes = Buffer.allocUnsafeSlow(total);
  bytes.set(prefix);
  let at = prefix.length;
  const pieces = entries.map((entry, index): LivePiece => {
    const metaBytes = bytes.write(metas[index] ?? '', at + ENTRY_HEADER_BYTES, 'utf8');
    const linesBytes = sizes[index] ?? 0;
    const linesAt = at + ENTRY_HEADER_BYTES + metaBytes;
    const start = lineStart(entry.batch, entry.from);
    bytes.set(entry.batch.lines.subarray(start, start + linesBytes), linesAt);
    const { block, position, from, to } = entry;
    const count = to - from;
    const header = { ordinal: ordinal + index, block, position, count, metaBytes, linesBytes };
    const check = writeEntryHeader(bytes, at, header, crc32);
    at = linesAt + linesBytes;
    return {
      position,
      count,
      lines: bytes.subarray(linesAt, at),
      lineEnds: pieceEnds(entry, start),
      start: offset + linesAt,
      end: offset + at,
      check,
    };
  });
  return { bytes, pieces };
}
