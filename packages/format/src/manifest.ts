import { decodeBase64 } from './base64.ts';
import { readSignedBatch, type SignedBatch } from './batch-statement.ts';
import { canonicalJson, isEscapeFree } from './canonical-json.ts';
import { isJsonObject, type JsonObject } from './json-value.ts';
import {
  BLOCK_RECORDS_MAX,
  CLASS_BYTES_MAX,
  HASH_BYTES,
  LINE_BYTES_MAX,
  MANIFEST_BATCHES_MAX,
  MANIFEST_BYTES_MAX,
  OBSERVER_BYTES_MAX,
  SESSION_BYTES_MAX,
} from './limits.ts';
import { fail, ok, type Result } from './result.ts';
import { microsFromTimestamp } from './timestamps.ts';
import { utf8Length } from './utf8.ts';

/**
 * Consecutive records of one stream that the collector took at one moment. `signed` is what their observer signed of
 * the batch that they came in; absent where the sender signs nothing.
 */
export type BatchEntry = {
  readonly observer: string;
  readonly session: string;
  readonly first_seq: number;
  readonly count: number;
  readonly received: string;
  readonly signed?: SignedBatch;
};

/** What is said of one block of records; its canonical line is a leaf of the log. */
export type BlockManifest = {
  readonly v: 1;
  /** Number of the block: the index of this leaf. */
  readonly block: number;
  /** Retention class of every record in the block. */
  readonly class: string;
  /** Records in the block. */
  readonly count: number;
  /** Base64 RFC 6962 root over the block's canonical lines; a leaf is a line without its newline. */
  readonly root: string;
  /** Bytes of the lines with their newlines, not compressed. */
  readonly payload_bytes: number;
  /** Number of the segment file that holds the frame: its first block's. */
  readonly segment: number;
  /** Where the frame starts in the segment file, in bytes. */
  readonly offset: number;
  /** Bytes of the frame. */
  readonly frame_bytes: number;
  /** SHA-256 of the frame, as hex. */
  readonly frame_sha256: string;
  /** Earliest and latest event time of the block's records. */
  readonly first_timestamp: string;
  readonly last_timestamp: string;
  /** When the block was sealed. */
  readonly sealed: string;
  /** The block's batches in the order of their records. */
  readonly batches: readonly BatchEntry[];
};

export type ManifestFault = {
  readonly code: 'malformed-manifest' | 'manifest-too-large' | 'manifest-not-canonical';
  readonly message: string;
};

/** The manifest's canonical line (RFC 8785): the very bytes of the log's leaf. */
export function manifestLine(manifest: BlockManifest): string {
  return canonicalJson({ ...manifest, batches: manifest.batches.map((batch) => entryJson(batch)) });
}

function entryJson({ signed, ...entry }: BatchEntry): JsonObject {
  if (signed === undefined) return entry;
  const { checkpoint, ...rest } = signed;
  return { ...entry, signed: checkpoint === undefined ? rest : { ...rest, checkpoint: { ...checkpoint } } };
}

/** Bytes of a batch entry's canonical JSON without its names, and of a signed part, at the very most. */
const ENTRY_BYTES_MAX = 120;
const SIGNED_BYTES_MAX = 420;

/** Bytes that a batch's entry takes in a manifest at most, with the comma after it. */
export function batchEntryBytes(observer: string, session: string, isSigned: boolean): number {
  const names = utf8Length(observer) + utf8Length(session);
  return names + ENTRY_BYTES_MAX + (isSigned ? SIGNED_BYTES_MAX : 0);
}

class Malformed extends Error {}

function refuse(field: string): never {
  throw new Malformed(field);
}

function integer(value: unknown, field: string, max: number = Number.MAX_SAFE_INTEGER, min: number = 0): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
    ? value
    : refuse(field);
}

/** A name that JSON writes without escapes, so that its bytes bound the manifest's. */
function name(value: unknown, field: string, bytesMax: number): string {
  const fits =
    typeof value === 'string' &&
    value !== '' &&
    isEscapeFree(value) &&
    new TextEncoder().encode(value).length <= bytesMax;
  return fits ? value : refuse(field);
}

function timestamp(value: unknown, field: string): string {
  return typeof value === 'string' && microsFromTimestamp(value) !== undefined ? value : refuse(field);
}

function base64Of(value: unknown, field: string, bytes: number): string {
  return typeof value === 'string' && decodeBase64(value)?.length === bytes ? value : refuse(field);
}

function batchEntry(value: unknown): BatchEntry {
  if (!isJsonObject(value)) {
    return refuse('batches');
  }
  const { observer, session, first_seq, count, received, signed, ...rest } = value;
  if (Object.keys(rest).length > 0) {
    refuse(`batches.${Object.keys(rest)[0]}`);
  }
  const entry = {
    observer: name(observer, 'batches.observer', OBSERVER_BYTES_MAX),
    session: name(session, 'batches.session', SESSION_BYTES_MAX),
    first_seq: integer(first_seq, 'batches.first_seq'),
    count: integer(count, 'batches.count', BLOCK_RECORDS_MAX, 1),
    received: timestamp(received, 'batches.received'),
  };
  return signed === undefined ? entry : { ...entry, signed: signedPart(signed, entry) };
}

function signedPart(value: unknown, entry: BatchEntry): SignedBatch {
  const signed = readSignedBatch(value) ?? refuse('batches.signed');
  const isCovered =
    signed.first_seq <= entry.first_seq && entry.first_seq + entry.count <= signed.first_seq + signed.count;
  return isCovered ? signed : refuse('batches.signed');
}

function manifestOf(value: unknown): BlockManifest {
  if (!isJsonObject(value) || value['v'] !== 1 || !Array.isArray(value['batches'])) {
    return refuse('v or batches');
  }
  const batches = value['batches'].map((batch: unknown) => batchEntry(batch));
  const className = name(value['class'], 'class', CLASS_BYTES_MAX);
  const sha256 = value['frame_sha256'];
  const manifest: BlockManifest = {
    v: 1,
    block: integer(value['block'], 'block'),
    class: isClassName(className) ? className : refuse('class'),
    count: integer(value['count'], 'count', BLOCK_RECORDS_MAX, 1),
    root: base64Of(value['root'], 'root', HASH_BYTES),
    payload_bytes: integer(value['payload_bytes'], 'payload_bytes', BLOCK_RECORDS_MAX * (LINE_BYTES_MAX + 1), 1),
    segment: integer(value['segment'], 'segment'),
    offset: integer(value['offset'], 'offset'),
    frame_bytes: integer(value['frame_bytes'], 'frame_bytes', Number.MAX_SAFE_INTEGER, 1),
    frame_sha256: typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : refuse('frame_sha256'),
    first_timestamp: timestamp(value['first_timestamp'], 'first_timestamp'),
    last_timestamp: timestamp(value['last_timestamp'], 'last_timestamp'),
    sealed: timestamp(value['sealed'], 'sealed'),
    batches,
  };
  return consistent(manifest);
}

/** What the parts of a manifest say of one another. */
function consistent(manifest: BlockManifest): BlockManifest {
  const { batches, count, segment, block, first_timestamp, last_timestamp } = manifest;
  const counted = batches.reduce((sum, batch) => sum + batch.count, 0);
  if (batches.length > MANIFEST_BATCHES_MAX || counted !== count) {
    refuse('batches');
  }
  if (!batches.every((batch) => Number.isSafeInteger(batch.first_seq + batch.count))) {
    refuse('batches.first_seq');
  }
  if (segment > block) {
    refuse('segment');
  }
  return first_timestamp <= last_timestamp ? manifest : refuse('last_timestamp');
}

/** Retention classes name folders too: lower-case letters, digits and hyphens, at most 64, no hyphen first. */
export function isClassName(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,63}$/.test(text);
}

/**
 * Reads a manifest strictly: every field in its bounds, none unknown, and the text byte for byte its canonical line.
 * Any text within the bounds fits a bundle's entry of 65,535 bytes.
 */
export function parseManifest(text: string): Result<BlockManifest, ManifestFault> {
  if (text.length > MANIFEST_BYTES_MAX) {
    return fail({
      code: 'manifest-too-large',
      message: `the manifest is longer than ${MANIFEST_BYTES_MAX} bytes; restore the log's entries from a copy`,
    });
  }
  try {
    const manifest = manifestOf(JSON.parse(text));
    if (manifestLine(manifest) !== text) {
      return fail({
        code: 'manifest-not-canonical',
        message: 'the manifest is not written canonically; restore the log’s entries from a copy',
      });
    }
    return ok(manifest);
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError) {
      return fail({
        code: 'malformed-manifest',
        message: `the manifest is malformed (${error.message}); restore the log's entries from a copy`,
      });
    }
    throw error;
  }
}
