import { decodeBase64 } from '../base64.ts';
import type { BlockManifest } from '../manifest.ts';
import { bytesEqual } from '../merkle-verification.ts';
import type { Hash } from '../sha256.ts';
import { hexOf } from '../verifier-key.ts';
import type { BatchSpan, Mark } from './batch-span.ts';
import { checkLines } from './check-lines.ts';
import { segmentPath } from './ledger-paths.ts';
import { timeRange } from './lines-check.ts';
import { findLineEnds } from './lines-root.ts';
import type { LinesRoot } from './lines-root.ts';
import type { Finding, FindingCode } from './verify-log.ts';

export type BlockJob = { readonly manifest: BlockManifest; readonly frame: Uint8Array };

export type BlockCheck = {
  readonly records: number;
  readonly findings: readonly Finding[];
  /** One a batch of the manifest. */
  readonly spans: readonly (BatchSpan | undefined)[];
  readonly marks: readonly Mark[];
  /** Of each signed batch of the manifest the SHA-256 of its lines, hex. */
  readonly linesHashes: readonly (string | undefined)[];
};

export type BlockTools = {
  readonly hash: Hash;
  readonly linesRoot: LinesRoot;
  /** Decompresses a zstd frame; throws where it is none or holds more than `bytesMax`. */
  readonly decompress: (frame: Uint8Array, bytesMax: number) => Uint8Array;
};

function tryDecompress(tools: BlockTools, frame: Uint8Array, bytesMax: number): Uint8Array | undefined {
  try {
    return tools.decompress(frame, bytesMax);
  } catch {
    return undefined;
  }
}

/** Checks one block against its manifest: stored frame, lines, times and root. Input may be hostile. */
export function checkBlock(job: BlockJob, tools: BlockTools): BlockCheck {
  const { manifest, frame } = job;
  const findings: Finding[] = [];
  const file = segmentPath(manifest.class, manifest.segment);
  const place = { file, offset: manifest.offset, block: manifest.block };
  const find = (code: FindingCode, message: string, line?: number): void => {
    findings.push({ code, place: line === undefined ? place : { ...place, line }, message });
  };

  if (hexOf(tools.hash(frame)) !== manifest.frame_sha256)
    find('frame-damaged', 'the stored frame is not the one in the manifest');
  const lines = tryDecompress(tools, frame, manifest.payload_bytes);
  if (lines === undefined) {
    find('frame-damaged', 'the frame does not decompress to the bytes that the manifest tells');
    return { records: 0, findings, spans: [], marks: [], linesHashes: [] };
  }
  const lineEnds = findLineEnds(lines, manifest.count);
  if (
    lines.length !== manifest.payload_bytes ||
    lineEnds.length !== manifest.count ||
    lineEnds.at(-1) !== lines.length
  ) {
    find(
      'line-count',
      `${lineEnds.length} lines in ${lines.length} bytes; the manifest tells ${manifest.count} in ${manifest.payload_bytes}`,
    );
  }
  const checked = checkLines(lines, lineEnds, manifest.batches);
  for (const fault of checked.faults) find(fault.code, fault.message, fault.line);
  const { first, last } = timeRange(checked);
  if (first !== manifest.first_timestamp || last !== manifest.last_timestamp) {
    find('timestamp-range', `event times run from ${first} to ${last}; the manifest tells others`);
  }
  let from = 0;
  const linesHashes = manifest.batches.map(({ count, signed }) => {
    const start = from === 0 ? 0 : lineEnds[from - 1];
    from += count;
    return signed === undefined ? undefined : hexOf(tools.hash(lines.subarray(start, lineEnds[from - 1])));
  });
  const root = decodeBase64(manifest.root);
  if (root === undefined || !bytesEqual(root, tools.linesRoot(lines, lineEnds))) {
    find('block-root', 'the root over the lines is not the one in the manifest');
  }
  return { records: lineEnds.length, findings, spans: checked.spans, marks: checked.marks, linesHashes };
}
