import { readFileSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import {
  HASH_BYTES,
  LATEST_TIMESTAMP_PATH,
  TILE_WIDTH,
  TIMESTAMPS_FOLDER,
  TreeReader,
  VKEY_PATH,
  CHECKPOINT_PATH,
  decodeEntryBundle,
  encodeBase64,
  encodeEntryBundle,
  entriesPath,
  fail,
  ok,
  parseCheckpoint,
  parseManifest,
  parseNote,
  segmentPath,
  tilePath,
} from '@portledger/format';
import type { BlockManifest, RecordSetProof, Result, SetBlock } from '@portledger/format';
import { NodeLinesTree, nodeSha256 } from '@portledger/format/node';
import { NodeBlockFiles } from './block-files.ts';
import { handoverNotes } from './handover-notes.ts';
import { BlockReader } from './block-reader.ts';
import type { SealedBlock } from './block-reader.ts';
import { PrunedSegments, pruneText } from './pruned-segments.ts';
import { EDGE_READ_ATTEMPTS_MAX, PROOF_ADDRESSES_MAX, PROOF_BLOCKS_MAX } from './limits.ts';

/** What is published: a signed checkpoint over `size` blocks, and the key that it is signed with. */
export type PublishedHead = { readonly size: number; readonly checkpoint: string; readonly vkey: string };

const PAPER_PATH = /^(?:keys\/\d{6}\.note|timestamps\/\d{12}\.(?:note|tsr))$/;
const STAMP_NAME = /^\d{12}\.tsr$/;

/** One record of those to prove. */
export type ProofAddress = { readonly block: number; readonly position: number };

export type SetRefusal =
  | ({ readonly code: 'not-sealed' | 'not-found' | 'pruned'; readonly message: string } & ProofAddress)
  | { readonly code: 'too-many'; readonly message: string };

export type ConsistencyRefusal = { readonly code: 'no-such-size' | 'not-published'; readonly message: string };

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Positions by block, both in order, without repeats. */
function byBlock(addresses: readonly ProofAddress[]): [block: number, positions: number[]][] {
  const blocks = new Map<number, Set<number>>();
  for (const { block, position } of addresses) blocks.set(block, (blocks.get(block) ?? new Set()).add(position));
  const ordered = [...blocks].sort(([a], [b]) => a - b);
  return ordered.map(([block, positions]) => [block, [...positions].sort((a, b) => a - b)]);
}

/**
 * The published part of a ledger as an outsider reads it: the files of C2SP tlog-tiles, and proofs made from them. It
 * reads only, and whatever the ledger's writer does meanwhile: a partial tile that has been superseded is cut out of the
 * wider one that took its place.
 */
export class PublishedLog {
  readonly #folder: string;
  readonly #head: () => PublishedHead;
  readonly #blocks: BlockReader;
  readonly #pruned: PrunedSegments;

  /** `folder` is `DIR/ledger`; `head` is asked anew for each reading. */
  constructor(folder: string, head: () => PublishedHead) {
    this.#folder = folder;
    this.#head = head;
    this.#blocks = new BlockReader(new NodeBlockFiles(folder));
    this.#pruned = new PrunedSegments(this.#blocks, () => this.#head().size);
  }

  head(): PublishedHead {
    return this.#head();
  }

  /** Handovers of the log's key, the oldest first: signed notes. */
  handovers(): string[] {
    return handoverNotes(this.#folder);
  }

  /**
   * What is kept beside the tree of others' words on it: handovers of the key and time stamps, by their paths; undefined
   * where there is no such file. `timestamps/latest` is the number of the newest stamp, for whoever can't list the folder.
   */
  paper(path: string): Uint8Array | undefined {
    const folder = join(this.#folder, TIMESTAMPS_FOLDER);
    if (path === LATEST_TIMESTAMP_PATH) {
      const names = unlessMissing(() => readdirSync(folder)) ?? [];
      const latest = names
        .filter((name) => STAMP_NAME.test(name))
        .sort()
        .at(-1);
      return latest === undefined ? undefined : Buffer.from(latest.slice(0, -'.tsr'.length));
    }
    return PAPER_PATH.test(path) ? unlessMissing(() => readFileSync(join(this.#folder, path))) : undefined;
  }

  /** The bytes of a hash tile or entry bundle; undefined where the published tree has none of that width. */
  tile(level: number | 'entries', index: number, width: number): Uint8Array | undefined {
    const span = level === 'entries' ? 1 : TILE_WIDTH ** level;
    const has = Math.floor(this.#head().size / span) - index * TILE_WIDTH;
    return width > has ? undefined : this.#stored(level, index, width);
  }

  /** The manifests of an entry bundle, as far as the checkpoint covers them. */
  manifests(bundle: number): readonly BlockManifest[] {
    const first = bundle * TILE_WIDTH;
    const width = Math.min(TILE_WIDTH, this.#head().size - first);
    const bytes = width < 1 ? undefined : this.#stored('entries', bundle, width);
    const entries = bytes === undefined ? undefined : decodeEntryBundle(bytes);
    if (width >= 1 && entries === undefined) throw new Error(`entry bundle ${bundle} is missing or damaged`);
    return (entries ?? []).map((entry, at) => this.#manifest(first + at, Buffer.from(entry).toString()));
  }

  /** A segment file, open for reading; undefined where there is none of that name. The caller closes it. */
  async segment(className: string, firstBlock: number): Promise<FileHandle | undefined> {
    try {
      return await open(join(this.#folder, segmentPath(className, firstBlock)), 'r');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Consistency path between the trees of two sizes, 1 <= from <= to, both published (RFC 9162, section 2.1.4). */
  consistency(from: number, to: number): Result<readonly string[], ConsistencyRefusal> {
    const { size } = this.#head();
    if (from < 1 || from > to) {
      return fail({ code: 'no-such-size', message: `From ${from} to ${to}: "from" must be 1 or more, "to" not less.` });
    }
    if (to > size) {
      return fail({ code: 'not-published', message: `The log has ${size} blocks: there is no tree of ${to} yet.` });
    }
    const path = this.#tree(to).consistencyPath(from, to);
    if (path === undefined) throw new Error(`the tiles of the tree of ${to} are missing or damaged`);
    return ok(path.map((hash) => encodeBase64(hash)));
  }

  /** Root of the tree of a size; undefined where the published tree has no such size, or its tiles are missing. */
  root(size: number): Uint8Array | undefined {
    return size > this.#head().size ? undefined : this.#tree(size).root(size);
  }

  /** One proof of many records against one checkpoint. Repeated addresses are proven once. */
  async proveSet(addresses: readonly ProofAddress[]): Promise<Result<RecordSetProof, SetRefusal>> {
    const head = this.#head();
    const wanted = byBlock(addresses);
    if (addresses.length > PROOF_ADDRESSES_MAX || wanted.length > PROOF_BLOCKS_MAX) {
      const message = `One proof covers at most ${PROOF_ADDRESSES_MAX} records of ${PROOF_BLOCKS_MAX} blocks.`;
      return fail({ code: 'too-many', message });
    }
    const blocks: SetBlock[] = [];
    for (const [block, positions] of wanted) {
      const proven = await this.#proveBlock(block, positions, head);
      if (!proven.ok) return proven;
      blocks.push(proven.value);
    }
    return ok({ checkpoint: head.checkpoint, blocks });
  }

  async #proveBlock(
    block: number,
    positions: readonly number[],
    { size }: PublishedHead,
  ): Promise<Result<SetBlock, SetRefusal>> {
    const refuse = (
      code: 'not-sealed' | 'not-found' | 'pruned',
      message: string,
      position: number = positions[0] ?? 0,
    ) => fail({ code, message, block, position });
    if (block >= size)
      return refuse('not-sealed', `Block ${block} is not sealed: the checkpoint covers ${size} blocks.`);
    const text = this.#manifestText(block);
    const manifest = this.#manifest(block, text);
    const beyond = positions.find((position) => position >= manifest.count);
    if (beyond !== undefined)
      return refuse('not-found', `Block ${block} has ${manifest.count} records, none at ${beyond}.`, beyond);
    const sealed = await this.#lines(manifest);
    if (sealed === undefined) {
      const notice = await this.#pruned.of(manifest);
      return notice === undefined
        ? refuse('not-found', `Block ${block} is no longer stored, and nothing in the log says that it was pruned.`)
        : refuse('pruned', `Block ${block} was ${pruneText(notice)}.`);
    }
    const lines = positions.map((position) => lineAt(sealed, position));
    const tree = new NodeLinesTree(sealed.lines, sealed.lineEnds); // scribbles over the lines
    const logPath = this.#tree(size).inclusionPath(block, size);
    if (logPath === undefined) throw new Error(`the tiles of the tree of ${size} are missing or damaged`);
    return ok({
      manifest: text,
      log_path: logPath.map((hash) => encodeBase64(hash)),
      records: positions.map((position, at) => ({
        position,
        line: lines[at] ?? '',
        path: tree.path(position).map((hash) => encodeBase64(hash)),
      })),
    });
  }

  /** A block's lines; undefined where its segment is not stored. */
  async #lines(manifest: BlockManifest): Promise<SealedBlock | undefined> {
    try {
      return await this.#blocks.lines(manifest);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  #manifestText(block: number): string {
    const place = block % TILE_WIDTH;
    const bundle = this.#stored('entries', Math.floor(block / TILE_WIDTH), place + 1);
    const entry = bundle === undefined ? undefined : decodeEntryBundle(bundle)?.[place];
    if (entry === undefined) throw new Error(`the entry bundle of block ${block} is missing or damaged`);
    return Buffer.from(entry).toString();
  }

  #manifest(block: number, text: string): BlockManifest {
    const manifest = parseManifest(text);
    if (!manifest.ok) throw new Error(`the manifest of block ${block} is damaged: ${manifest.fault.message}`);
    return manifest.value;
  }

  #tree(size: number): TreeReader {
    return new TreeReader((level, index) => {
      const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);
      return width < 1 ? undefined : this.#stored(level, index, width);
    }, nodeSha256);
  }

  /** The first `width` hashes or entries of a tile or bundle, from whichever file there is that holds as many. */
  #stored(level: number | 'entries', index: number, width: number): Uint8Array | undefined {
    const pathOf = (wide: number) => (level === 'entries' ? entriesPath(index, wide) : tilePath(level, index, wide));
    for (let attempt = 0; attempt < EDGE_READ_ATTEMPTS_MAX; attempt++) {
      // A wider file is laid before a narrower one is removed, so one of these is always there.
      const partial = unlessMissing(() => readdirSync(join(this.#folder, `${pathOf(TILE_WIDTH)}.p`))) ?? [];
      const widths = [...partial.map(Number), TILE_WIDTH].filter((wide) => wide >= width && wide <= TILE_WIDTH);
      const narrowest = Math.min(...widths);
      const bytes = unlessMissing(() => readFileSync(join(this.#folder, pathOf(narrowest))));
      if (bytes !== undefined) return level === 'entries' ? firstEntries(bytes, width) : firstHashes(bytes, width);
    }
    return undefined;
  }
}

/** A line without its newline. */
function lineAt({ lines, lineEnds }: SealedBlock, position: number): string {
  const start = position === 0 ? 0 : lineEnds[position - 1];
  return Buffer.from(lines.subarray(start, (lineEnds[position] ?? 0) - 1)).toString();
}

function firstHashes(bytes: Uint8Array, width: number): Uint8Array | undefined {
  return bytes.length < width * HASH_BYTES ? undefined : bytes.subarray(0, width * HASH_BYTES);
}

function firstEntries(bytes: Uint8Array, width: number): Uint8Array | undefined {
  const entries = decodeEntryBundle(bytes);
  if (entries === undefined || entries.length < width) return undefined;
  return entries.length === width ? bytes : encodeEntryBundle(entries.slice(0, width));
}

/**
 * The published log in a ledger's folder as it stands at this moment, whoever else has the folder open; undefined where
 * no checkpoint can be read in it. Nothing is verified: that is for whoever gets the proofs.
 */
export function readPublishedLog(folder: string): PublishedLog | undefined {
  const checkpoint = unlessMissing(() => readFileSync(join(folder, CHECKPOINT_PATH), 'utf8'));
  const note = checkpoint === undefined ? undefined : parseNote(checkpoint);
  const parsed = note?.ok === true ? parseCheckpoint(note.value.text) : undefined;
  if (checkpoint === undefined || parsed?.ok !== true) return undefined;
  const vkey = unlessMissing(() => readFileSync(join(folder, VKEY_PATH), 'utf8'))?.trim() ?? '';
  const head = { size: parsed.value.size, checkpoint, vkey };
  return new PublishedLog(folder, () => head);
}
