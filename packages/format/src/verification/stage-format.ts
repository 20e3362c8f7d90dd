import type { Result } from '../result.ts';
import { fail, ok } from '../result.ts';
import type { Hash } from '../sha256.ts';
import { parseTilePath } from '../tile.ts';

/**
 * What a round's publication will write, made durable before the checkpoint is signed: after a crash the same
 * tree is published, never another one of the same size. Layout: magic, length of the JSON head (u32
 * little-endian), head, the files' bytes one after another, SHA-256 of all that.
 */
export type Stage = {
  /** Tree size before and after. */
  readonly fromSize: number;
  readonly size: number;
  /** Root after, 32 bytes. */
  readonly root: Uint8Array;
  readonly writes: readonly StageWrite[];
  /** Partial tiles that the new ones supersede. */
  readonly removes: readonly string[];
};

export type StageWrite = { readonly path: string; readonly bytes: Uint8Array };

const MAGIC = new TextEncoder().encode('PLSTAGE1');
const HEAD_START = MAGIC.length + 4;
const DIGEST_BYTES = 32;

type StageHead = {
  readonly from: number;
  readonly size: number;
  readonly root: readonly number[];
  readonly files: readonly (readonly [string, number])[];
  readonly removes: readonly string[];
};

/** The stage as the bytes of its file. */
export function encodeStage(stage: Stage, hash: Hash): Uint8Array {
  const head: StageHead = {
    from: stage.fromSize,
    size: stage.size,
    root: [...stage.root],
    files: stage.writes.map((write) => [write.path, write.bytes.length] as const),
    removes: stage.removes,
  };
  const headBytes = new TextEncoder().encode(JSON.stringify(head));
  const bodyBytes = stage.writes.reduce((sum, write) => sum + write.bytes.length, 0);
  const bytes = new Uint8Array(HEAD_START + headBytes.length + bodyBytes + DIGEST_BYTES);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint32(MAGIC.length, headBytes.length, true);
  bytes.set(headBytes, HEAD_START);
  let at = HEAD_START + headBytes.length;
  for (const write of stage.writes) {
    bytes.set(write.bytes, at);
    at += write.bytes.length;
  }
  bytes.set(hash(bytes.subarray(0, at)), at);
  return bytes;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isTilePath(value: unknown): value is string {
  return typeof value === 'string' && parseTilePath(value) !== undefined;
}

function isFile(value: unknown): value is readonly [string, number] {
  return Array.isArray(value) && value.length === 2 && isTilePath(value[0]) && isCount(value[1]);
}

function parseHead(text: string): StageHead | undefined {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof input !== 'object' || input === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(input));
  const [from, size, root] = [fields.get('from'), fields.get('size'), fields.get('root')];
  const [files, removes] = [fields.get('files'), fields.get('removes')];
  if (!isCount(from) || !isCount(size) || !Array.isArray(root) || !root.every(isCount)) return undefined;
  if (!Array.isArray(files) || !files.every(isFile)) return undefined;
  if (!Array.isArray(removes) || !removes.every(isTilePath)) return undefined;
  return { from, size, root, files, removes };
}

/** Reads a stage file; fails when it is torn or damaged, and then it counts as never written. */
export function decodeStage(bytes: Uint8Array, hash: Hash): Result<Stage, string> {
  const end = bytes.length - DIGEST_BYTES;
  if (end < HEAD_START || !MAGIC.every((byte, at) => bytes[at] === byte))
    return fail('not a stage file, or a torn one');
  const digest = hash(bytes.subarray(0, end));
  if (!digest.every((byte, at) => bytes[end + at] === byte)) return fail('the stage fails its checksum');
  const headEnd = HEAD_START + new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
  if (headEnd > end) return fail('the head of the stage is longer than the stage');
  const head = parseHead(new TextDecoder().decode(bytes.subarray(HEAD_START, headEnd)));
  if (head === undefined) return fail('the head of the stage is not of this format');
  const writes: StageWrite[] = [];
  let at = headEnd;
  for (const [path, length] of head.files) {
    writes.push({ path, bytes: bytes.slice(at, at + length) });
    at += length;
  }
  if (at !== end) return fail('the stage is longer or shorter than its head says');
  const { from: fromSize, size, removes } = head;
  return ok({ fromSize, size, root: Uint8Array.from(head.root), writes, removes });
}
