import { zstdDecompressSync } from 'node:zlib';
import {
  canonicalLine,
  decodeEntryBundle,
  entriesPath,
  parseCheckpoint,
  parseManifest,
  parseNote,
  segmentPath,
} from '@portledger/format';
import type { Batch } from '../ledger-shapes.ts';

const START_MICROS = Date.UTC(2026, 10, 22, 14, 36, 49) * 1_000;

export function testLine(session: string, seq: number): string {
  const timestamp = `${new Date((START_MICROS + seq * 1_000) / 1_000).toISOString().slice(0, 23)}000Z`;
  return canonicalLine({
    v: 1,
    timestamp,
    action: 'connection-initiated',
    user: `user-${seq % 7}`,
    dest_ip: '10.0.0.1',
    dest_port: 5432,
    observer: 'host-1',
    observer_kind: 'agent',
    session,
    seq,
    labels: { timestamp: 'none' },
  });
}

/** Records `first` to `first + count` of a session. */
export function testBatch(session: string, first: number, count: number, className = 'default'): Batch {
  const texts = Array.from({ length: count }, (_, at) => `${testLine(session, first + at)}\n`);
  const lineEnds = new Uint32Array(count);
  let bytes = 0;
  texts.forEach((text, at) => {
    bytes += Buffer.byteLength(text);
    lineEnds[at] = bytes;
  });
  const times = texts.map((text) => /"timestamp":"(\d[^"]+)"/.exec(text)?.[1] ?? '').sort();
  return {
    observer: 'host-1',
    session,
    firstSeq: first,
    count,
    class: className,
    lines: Buffer.from(texts.join('')),
    lineEnds,
    firstTimestamp: times[0] ?? '',
    lastTimestamp: times.at(-1) ?? '',
  };
}

/** The sealed lines of a ledger's folder, in order, read in the plainest way. */
export function sealedLines(read: (path: string) => Uint8Array | undefined): string[] {
  const note = parseNote(Buffer.from(read('checkpoint') ?? '').toString());
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : undefined;
  if (checkpoint?.ok !== true) throw new Error('no checkpoint');
  const { size } = checkpoint.value;
  const lines: string[] = [];
  for (let block = 0; block < size; block++) {
    const index = Math.floor(block / 256);
    const bundle = read(entriesPath(index, Math.min(256, size - index * 256)));
    const entry = decodeEntryBundle(bundle ?? new Uint8Array(0))?.[block % 256];
    const manifest = parseManifest(Buffer.from(entry ?? '').toString());
    if (!manifest.ok) throw new Error(`no manifest ${block}`);
    const { offset, frame_bytes } = manifest.value;
    const segment = read(segmentPath(manifest.value.class, manifest.value.segment)) ?? new Uint8Array(0);
    lines.push(
      ...zstdDecompressSync(segment.subarray(offset, offset + frame_bytes))
        .toString()
        .trimEnd()
        .split('\n'),
    );
  }
  return lines;
}
