import { hash } from 'node:crypto';
import { dirname } from 'node:path/posix';
import { constants, crc32, zstdCompressSync } from 'node:zlib';
import {
  SEGMENTS_FOLDER,
  encodeBase64,
  findLineEnds,
  journalPath,
  segmentName,
  segmentPath,
  timestampFromMicros,
} from '@portledger/format';
import type { BlockManifest, JournalBlock } from '@portledger/format';
import { nodeLinesRoot } from '@portledger/format/node';
import type { LedgerDisk } from './ledger-disk.ts';
import { SEGMENT_AGE_MS_MAX, SEGMENT_BYTES_MAX } from './limits.ts';
import type { RoundJob } from './sealing-port.ts';

/** The end of the segment file that a class is being written to. */
export type SegmentEnd = { readonly segment: number; readonly end: number; readonly startedMicros: number };

/** A round's frames, ready to be written. */
export type RoundFrames = {
  readonly manifests: readonly BlockManifest[];
  readonly frames: readonly { readonly path: string; readonly offset: number; readonly bytes: Uint8Array }[];
  /** Where each class's segment ends once they are written. */
  readonly ends: ReadonlyMap<string, SegmentEnd>;
};

/** On access logs level 1 is both faster (a third) and smaller (5 %) than 3, measured on real and synthetic lines. */
const ZSTD_LEVEL = 1;

/** Room for all that zstd may write at once lets it compress in one pass over the lines (ZSTD_COMPRESSBOUND of its header). */
function frameBytesBound(linesBytes: number): number {
  return linesBytes + (linesBytes >> 8) + 64 * 1024;
}

function compress(lines: Uint8Array): Uint8Array {
  return zstdCompressSync(lines, {
    chunkSize: frameBytesBound(lines.length),
    pledgedSrcSize: lines.length,
    params: {
      [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL,
      [constants.ZSTD_c_contentSizeFlag]: 1,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  });
}

/**
 * Room for one block's lines, used again for the next: fresh memory for a hundred megabytes a second costs more than
 * reading them.
 */
export class BlockRoom {
  #room: Uint8Array = new Uint8Array(0);

  /** A Buffer, because its search for newlines is native. Its bytes hold until the next call. */
  take(bytes: number): Buffer {
    if (this.#room.length < bytes) this.#room = new Uint8Array(bytes);
    return Buffer.from(this.#room.buffer, 0, bytes);
  }
}

function blockLines(disk: LedgerDisk, journal: string, block: JournalBlock, room: BlockRoom): Buffer {
  const lines = room.take(block.pieces.reduce((sum, piece) => sum + piece.end - piece.start, 0));
  if (!disk.readParts(journal, block.pieces, lines)) throw new Error(`${journal} is gone or was cut short`);
  let at = 0;
  for (const { start, end, check } of block.pieces) {
    const piece = lines.subarray(at, at + end - start);
    // What is signed must be what was acknowledged; after it is published, the journal's copy is removed.
    if (crc32(piece, check.before) !== check.after)
      throw new Error(`${journal} does not read back as it was written, at byte ${start}`);
    at += piece.length;
  }
  return lines;
}

function placeFor(ends: ReadonlyMap<string, SegmentEnd>, block: JournalBlock, nowMicros: number): SegmentEnd {
  const current = ends.get(block.class);
  const roll =
    current === undefined ||
    current.end >= SEGMENT_BYTES_MAX ||
    Math.abs(nowMicros - current.startedMicros) >= SEGMENT_AGE_MS_MAX * 1_000; // also where the clock was set back
  return roll ? { segment: block.block, end: 0, startedMicros: nowMicros } : current;
}

/**
 * Compresses and hashes a round's blocks. The lines are read back from the journal: what is sealed is what was
 * acknowledged, and after a crash the same code does the same.
 */
export function makeFrames(
  disk: LedgerDisk,
  job: RoundJob,
  before: ReadonlyMap<string, SegmentEnd>,
  room: BlockRoom,
): RoundFrames {
  const ends = new Map(before);
  for (const { class: className } of job.blocks) {
    const current = before.get(className);
    // Pruned while it was the last of its class: the next block begins another.
    if (current !== undefined && disk.size(segmentPath(className, current.segment)) === undefined)
      ends.delete(className);
  }
  const manifests: BlockManifest[] = [];
  const frames: { path: string; offset: number; bytes: Uint8Array }[] = [];
  const sealed = timestampFromMicros(job.nowMicros);
  for (const block of job.blocks) {
    const lines = blockLines(disk, journalPath(job.firstBlock), block, room);
    const bytes = compress(lines);
    const payloadBytes = lines.length;
    const lineEnds = findLineEnds(lines, block.count);
    if (lineEnds.length !== block.count)
      throw new Error(`block ${block.block}: ${lineEnds.length} lines, ${block.count} records`);
    const root = nodeLinesRoot(lines, lineEnds); // scribbles over the lines: last
    const { segment, end: offset, startedMicros } = placeFor(ends, block, job.nowMicros);
    ends.set(block.class, { segment, end: offset + bytes.length, startedMicros });
    frames.push({ path: segmentPath(block.class, segment), offset, bytes });
    manifests.push({
      v: 1,
      block: block.block,
      class: block.class,
      count: block.count,
      root: encodeBase64(root),
      payload_bytes: payloadBytes,
      segment,
      offset,
      frame_bytes: bytes.length,
      frame_sha256: hash('sha256', bytes, 'hex'),
      first_timestamp: block.firstTimestamp,
      last_timestamp: block.lastTimestamp,
      sealed,
      batches: block.batches,
    });
  }
  return { manifests, frames, ends };
}

/** Cuts off and removes what a crash or a failed attempt left past the committed end of each segment. */
export function discardUncommitted(disk: LedgerDisk, size: number, ends: ReadonlyMap<string, SegmentEnd>): void {
  for (const { path, committed } of uncommitted(disk, size, ends)) {
    if (committed === 0) {
      disk.unlink(path);
      disk.syncFolder(dirname(path));
    } else {
      disk.truncate(path, committed);
      disk.sync(path);
    }
  }
}

/** Segment files longer than what the published tree accounts for, with the bytes that it does account for. */
export function uncommitted(
  disk: LedgerDisk,
  size: number,
  ends: ReadonlyMap<string, SegmentEnd>,
): { readonly path: string; readonly committed: number }[] {
  const found: { path: string; committed: number }[] = [];
  for (const folder of disk.list(SEGMENTS_FOLDER)) {
    for (const file of disk.list(`${SEGMENTS_FOLDER}/${folder.replace(/\/$/, '')}`)) {
      const path = `${SEGMENTS_FOLDER}/${folder}${file}`;
      const name = segmentName(path);
      if (name === undefined) continue;
      const current = ends.get(name.className);
      if (name.firstBlock >= size) found.push({ path, committed: 0 });
      else if (current?.segment === name.firstBlock && (disk.size(path) ?? 0) > current.end) {
        found.push({ path, committed: current.end });
      }
    }
  }
  return found;
}
