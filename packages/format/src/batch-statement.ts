import { decodeBase64, encodeBase64 } from './base64.ts';
import { canonicalJson } from './canonical-json.ts';
import { isJsonObject, type JsonObject } from './json-value.ts';
import { HASH_BYTES } from './limits.ts';
import type { Hash } from './sha256.ts';
import type { VerifyEd25519 } from './signed-note.ts';
import { hexOf } from './verifier-key.ts';

/** The checkpoint that an observer saw last: blocks in the tree, and its RFC 6962 root in base64. */
export type SeenCheckpoint = { readonly root: string; readonly size: number };

/**
 * What an observer signed of one batch, but for the observer and session that stand beside it. It covers the batch as
 * it was sent, which may be more than one manifest entry holds: a batch may be cut in two by a block's end, and records
 * that were held already are not stored again.
 */
export type SignedBatch = {
  /** Absent until the observer has seen one. */
  readonly checkpoint?: SeenCheckpoint;
  readonly count: number;
  readonly first_seq: number;
  /** Id of the observer's key: see `observerKeyId`. */
  readonly key: string;
  /** SHA-256, hex, over the canonical lines `first_seq` to `first_seq + count - 1`, each with its newline. */
  readonly lines_sha256: string;
  /** `batchStatementHash` of the batch before it in this session. Absent in the first, and where the observer lost it. */
  readonly previous?: string;
  /** Base64 of the 64 bytes of an Ed25519 signature over `batchSigningInput`. */
  readonly signature: string;
};

/** Whose stream a batch belongs to. */
export type BatchStream = { readonly observer: string; readonly session: string };

export type UnsignedStatement = Omit<SignedBatch, 'signature'>;

/** First line of what is signed, so that no signature can pass for one over something else. */
const STATEMENT_DOMAIN = 'portledger-batch/v1\n';
const SIGNATURE_BYTES = 64;
const PUBLIC_KEY_BYTES = 32;
const KEY_ID_BYTES = 8;

/** The bytes that are signed: the domain's line, then the statement as canonical JSON (RFC 8785). */
export function batchSigningInput(stream: BatchStream, signed: UnsignedStatement): Uint8Array {
  const statement: JsonObject = {
    ...(signed.checkpoint === undefined
      ? {}
      : { checkpoint: { root: signed.checkpoint.root, size: signed.checkpoint.size } }),
    count: signed.count,
    first_seq: signed.first_seq,
    key: signed.key,
    lines_sha256: signed.lines_sha256,
    observer: stream.observer,
    ...(signed.previous === undefined ? {} : { previous: signed.previous }),
    session: stream.session,
    v: 1,
  };
  return new TextEncoder().encode(STATEMENT_DOMAIN + canonicalJson(statement));
}

/** Base64 SHA-256 of `batchSigningInput`: what the next batch of the session names as `previous`. */
export function batchStatementHash(hash: Hash, stream: BatchStream, signed: UnsignedStatement): string {
  return encodeBase64(hash(batchSigningInput(stream, signed)));
}

/** The first 8 bytes of the SHA-256 of an observer's 32-byte public key, as 16 hex digits. */
export function observerKeyId(hash: Hash, publicKey: Uint8Array): string {
  return hexOf(hash(publicKey).subarray(0, KEY_ID_BYTES));
}

/** Whether a batch's signature is by the key. That the key is the observer's, and the lines those signed, is not asked. */
export async function verifyBatchSignature(
  verifyEd25519: VerifyEd25519,
  publicKey: Uint8Array,
  stream: BatchStream,
  signed: SignedBatch,
): Promise<boolean> {
  const signature = decodeBase64(signed.signature);
  if (signature?.length !== SIGNATURE_BYTES || publicKey.length !== PUBLIC_KEY_BYTES) return false;
  return verifyEd25519(publicKey, batchSigningInput(stream, signed), signature);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isBase64Of(value: unknown, bytes: number): value is string {
  return typeof value === 'string' && decodeBase64(value)?.length === bytes;
}

function isHex(value: unknown, digits: number): value is string {
  return typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/.test(value);
}

function readCheckpoint(value: unknown): SeenCheckpoint | undefined {
  if (!isJsonObject(value)) return undefined;
  const { root, size, ...rest } = value;
  return isCount(size) && isBase64Of(root, HASH_BYTES) && Object.keys(rest).length === 0 ? { root, size } : undefined;
}

/** Reads the signed part of a batch strictly: every member within its bounds, none unknown. */
export function readSignedBatch(value: unknown): SignedBatch | undefined {
  if (!isJsonObject(value)) return undefined;
  const { checkpoint, count, first_seq, key, lines_sha256, previous, signature, ...rest } = value;
  if (Object.keys(rest).length > 0) return undefined;
  if (!isCount(count) || count === 0 || !isCount(first_seq) || !Number.isSafeInteger(first_seq + count))
    return undefined;
  if (!isHex(key, KEY_ID_BYTES * 2) || !isHex(lines_sha256, HASH_BYTES * 2)) return undefined;
  if (!isBase64Of(signature, SIGNATURE_BYTES)) return undefined;
  if (previous !== undefined && !isBase64Of(previous, HASH_BYTES)) return undefined;
  const seen = checkpoint === undefined ? undefined : readCheckpoint(checkpoint);
  if (checkpoint !== undefined && seen === undefined) return undefined;
  return {
    ...(seen === undefined ? {} : { checkpoint: seen }),
    count,
    first_seq,
    key,
    lines_sha256,
    ...(previous === undefined ? {} : { previous }),
    signature,
  };
}
