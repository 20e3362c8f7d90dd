import { readdir, readFile, stat, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { parseLine } from '@portledger/format';
import { parseSegmentFile, type SegmentName } from './segment-name.ts';

/** A spool file of an earlier run, whole from its first byte to `size`. */
export type OldSegment = SegmentName & { readonly path: string; readonly size: number; readonly records: number };

export type Recovery = {
  readonly segments: readonly OldSegment[];
  /** Bytes cut off because a line was not whole. */
  readonly tornBytes: number;
};

/**
 * Finds what earlier runs left. Every file but a session's last was synced before the next one was begun, so only the
 * last can be torn: it is cut back to the last line that is whole, canonical and next in sequence.
 */
export async function recoverSpool(dir: string): Promise<Recovery> {
  const files = (await readdir(dir)).filter((file) => parseSegmentFile(file) !== undefined).sort();
  const segments: OldSegment[] = [];
  let tornBytes = 0;
  for (const [index, file] of files.entries()) {
    const name = parseSegmentFile(file);
    if (name === undefined) continue;
    const path = join(dir, file);
    const found = (await stat(path)).size;
    const next = parseSegmentFile(files[index + 1] ?? '');
    const { size, records } =
      next?.session === name.session
        ? { size: found, records: next.firstSeq - name.firstSeq }
        : await cutTornTail(path, name);
    tornBytes += found - size;
    if (size === 0) await unlink(path);
    else segments.push({ ...name, path, size, records });
  }
  return { segments, tornBytes };
}

export type WholePart = { readonly size: number; readonly records: number };

async function cutTornTail(path: string, name: SegmentName): Promise<WholePart> {
  const bytes = await readFile(path);
  const whole = wholePart(bytes, name);
  if (whole.size < bytes.length) await truncate(path, whole.size);
  return whole;
}

/** What ends with the last line that is whole, canonical and next in sequence. */
export function wholePart(bytes: Buffer, name: SegmentName): WholePart {
  let size = 0;
  let records = 0;
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, size)) {
    const line = parseLine(bytes.toString('utf8', size, end));
    if (!line.ok || line.value.seq !== name.firstSeq + records || line.value.session !== name.session) break;
    records += 1;
    size = end + 1;
  }
  return { size, records };
}
