import { zstdDecompressSync } from 'node:zlib';
import {
  SYSTEM_RETENTION_CLASS,
  TILE_WIDTH,
  decodeEntryBundle,
  entriesPath,
  findLineEnds,
  parseManifest,
  segmentPath,
} from '@portledger/format';
import type { LedgerDisk } from './ledger-disk.ts';
import { pruneNoticesIn } from './pruned-segments.ts';

const CLASS_MARK = Buffer.from(`"class":"${SYSTEM_RETENTION_CLASS}"`);

/**
 * Whether the ledger itself says that a segment was pruned, down to its block `lastBlock`. Reads from the end backwards,
 * and only the blocks of the class that such notices are in; asked by recovery when the segment's file is not there.
 */
export function isPrunedByLedger(
  disk: LedgerDisk,
  size: number,
  wanted: { readonly class: string; readonly segment: number },
): boolean {
  for (let index = Math.ceil(size / TILE_WIDTH) - 1; index >= 0; index--) {
    const bytes = disk.read(entriesPath(index, Math.min(TILE_WIDTH, size - index * TILE_WIDTH)));
    const entries = bytes === undefined ? undefined : decodeEntryBundle(bytes);
    for (const entry of (entries ?? []).toReversed()) {
      if (Buffer.from(entry.buffer, entry.byteOffset, entry.length).includes(CLASS_MARK) && tells(disk, entry, wanted))
        return true;
    }
  }
  return false;
}

function tells(
  disk: LedgerDisk,
  entry: Uint8Array,
  wanted: { readonly class: string; readonly segment: number },
): boolean {
  const parsed = parseManifest(Buffer.from(entry).toString());
  if (!parsed.ok || parsed.value.class !== SYSTEM_RETENTION_CLASS) return false;
  const { block, class: className, segment, offset, frame_bytes: bytes, payload_bytes: payload, count } = parsed.value;
  const frame = disk.readAt(segmentPath(className, segment), offset, bytes);
  if (frame === undefined) return false;
  const lines = zstdDecompressSync(frame, { maxOutputLength: payload });
  return pruneNoticesIn(block, lines, findLineEnds(lines, count)).some(
    (notice) => notice.class === wanted.class && notice.segment === wanted.segment,
  );
}
