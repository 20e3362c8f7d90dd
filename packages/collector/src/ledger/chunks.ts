import type { BatchEntry, BlockManifest } from '@portledger/format';
import type { SealedBlock } from './block-reader.ts';
import type { Chunk } from './ledger-shapes.ts';
import { CHUNK_RECORDS_MIN } from './limits.ts';
import type { LiveBlock, LivePiece } from './live-block.ts';

/** The batches that touch `[from, to)` of a block, with the position of each one's own first record. */
function batchesIn(batches: readonly BatchEntry[], from: number, to: number): (BatchEntry & { position: number })[] {
  const touched: (BatchEntry & { position: number })[] = [];
  let position = 0;
  for (const batch of batches) {
    if (position >= to) break;
    if (position + batch.count > from) touched.push({ ...batch, position });
    position += batch.count;
  }
  return touched;
}

function endsFrom(ends: Uint32Array, from: number, base: number): Uint32Array {
  const part = ends.slice(from);
  if (base > 0) for (let at = 0; at < part.length; at++) part[at] = (part[at] ?? 0) - base;
  return part;
}

/** A sealed block from `position` on. */
export function sealedChunk(block: SealedBlock, position: number): Chunk {
  const { manifest, lines, lineEnds } = block;
  const start = position === 0 ? 0 : (lineEnds[position - 1] ?? lines.length);
  return {
    block: manifest.block,
    position,
    count: manifest.count - position,
    class: manifest.class,
    lines: lines.subarray(start),
    lineEnds: position === 0 ? lineEnds : endsFrom(lineEnds, position, start),
    batches: batchesIn(manifest.batches, position, manifest.count),
    sealed: true,
  };
}

/** What is left of a pruned block from `position` on: how many records there were. */
export function prunedChunk({ block, class: className, count }: BlockManifest, position: number): Chunk {
  const nothing = { lines: new Uint8Array(0), lineEnds: new Uint32Array(0), batches: [] };
  return { block, position, count: 0, class: className, ...nothing, sealed: true, pruned: count - position };
}

function cutPiece(piece: LivePiece, skip: number): Pick<LivePiece, 'lines' | 'lineEnds' | 'count'> {
  if (skip === 0) return piece;
  const start = piece.lineEnds[skip - 1] ?? 0;
  return {
    lines: piece.lines.subarray(start),
    lineEnds: endsFrom(piece.lineEnds, skip, start),
    count: piece.count - skip,
  };
}

/** The records of a block in memory from `position` on, joined up to CHUNK_RECORDS_MIN; undefined where it has none yet. */
export function liveChunk(block: LiveBlock, position: number): Chunk | undefined {
  if (position >= block.count) return undefined;
  const cut: Pick<LivePiece, 'lines' | 'lineEnds' | 'count'>[] = [];
  let count = 0;
  for (let at = firstPiece(block.pieces, position); at < block.pieces.length && count < CHUNK_RECORDS_MIN; at++) {
    const piece = block.pieces[at];
    if (piece === undefined) break;
    const part = cutPiece(piece, Math.max(0, position - piece.position));
    cut.push(part);
    count += part.count;
  }
  const { lines, lineEnds } = join(cut, count);
  return {
    block: block.block,
    position,
    count,
    class: block.class,
    lines,
    lineEnds,
    batches: batchesIn(block.batches, position, position + count),
    sealed: false,
  };
}

/** Index of the piece that holds a position. */
function firstPiece(pieces: readonly LivePiece[], position: number): number {
  let [low, high] = [0, pieces.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((pieces[middle]?.position ?? 0) <= position) low = middle;
    else high = middle;
  }
  return low;
}

function join(
  parts: readonly Pick<LivePiece, 'lines' | 'lineEnds'>[],
  count: number,
): { readonly lines: Uint8Array; readonly lineEnds: Uint32Array } {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const lines = new Uint8Array(parts.reduce((sum, part) => sum + part.lines.length, 0));
  const lineEnds = new Uint32Array(count);
  let [byte, line] = [0, 0];
  for (const part of parts) {
    lines.set(part.lines, byte);
    for (const end of part.lineEnds) lineEnds[line++] = byte + end;
    byte += part.lines.length;
  }
  return { lines, lineEnds };
}
