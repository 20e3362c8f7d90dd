import { dirname } from 'node:path/posix';
import {
  CHECKPOINT_PATH,
  NEXT_FILE_PATH,
  STAGING_FOLDER,
  bytesEqual,
  decodeStage,
  encodeBase64,
  encodeStage,
  journalPath,
  manifestLine,
  segmentPath,
  stagePath,
} from '@portledger/format';
import type { BlockManifest, Stage } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import { DiskError } from './ledger-disk.ts';
import type { LedgerDisk } from './ledger-disk.ts';
import type { LogSigner } from './log-signer.ts';
import type { Published, RoundJob } from './sealing-port.ts';
import { BlockRoom, discardUncommitted, makeFrames } from './segment-frames.ts';
import type { RoundFrames } from './segment-frames.ts';
import type { SealedTree } from './sealed-tree.ts';
import { readEdge, stageFrom } from './stored-edge.ts';

/** Called right before a checkpoint is published, with what was signed. */
export type OnSigned = (size: number, rootBase64: string) => void;

/** What stands in a durable stage file and is not wholly published. */
type Staged = { readonly stage: Stage; readonly manifests: readonly BlockManifest[] };

/**
 * Seals rounds, one at a time, in the order that makes a fork impossible. All of it is synchronous, for it runs in a
 * thread of its own. After a DiskError that is not `io` the same round may be tried again.
 */
export class Sealer {
  readonly #disk: LedgerDisk;
  #signer: LogSigner;
  readonly #tree: SealedTree;
  readonly #onSigned: OnSigned;
  readonly #room = new BlockRoom();
  #staged: Staged | undefined;
  #torn = false;

  constructor(disk: LedgerDisk, signer: LogSigner, tree: SealedTree, onSigned: OnSigned) {
    this.#disk = disk;
    this.#signer = signer;
    this.#tree = tree;
    this.#onSigned = onSigned;
  }

  seal(job: RoundJob): Published {
    const started = performance.now();
    const end = job.firstBlock + job.blocks.length;
    let frameBytes = 0;
    if (this.#staged === undefined && end > this.#tree.size) {
      if (job.firstBlock !== this.#tree.size)
        throw new Error(`round ${job.firstBlock} on a tree of ${this.#tree.size}`);
      frameBytes = this.#stage(job);
    }
    if (this.#staged !== undefined) this.finish(this.#staged);
    // Crash here: nothing is open; the journal, if it came back, is older than the checkpoint and is removed.
    this.#disk.unlink(journalPath(job.firstBlock));
    return {
      sealedBlocks: this.#tree.size,
      checkpoint: this.#tree.note,
      frameBytes,
      sealMs: performance.now() - started,
    };
  }

  /** Frames and stage: everything up to where the round's outcome is settled. */
  #stage(job: RoundJob): number {
    if (this.#torn) discardUncommitted(this.#disk, this.#tree.size, this.#tree.segments);
    this.#torn = true;
    const round = makeFrames(this.#disk, job, this.#tree.segments, this.#room);
    this.#writeFrames(round);
    // Crash here: frames past the committed end of their segments; recovery cuts them off and reseals the journal.

    const stored = readEdge(this.#disk, this.#tree.size);
    if (stored === undefined || !bytesEqual(stored.edge.root(), this.#tree.root) || !this.#isPublished()) {
      throw new Error(
        `the tree of ${this.#tree.size} on disk is not the one last signed: refusing to sign on top of it`,
      );
    }
    const stage = stageFrom(
      stored,
      round.manifests.map((manifest) => Buffer.from(manifestLine(manifest))),
    );
    const path = stagePath(stage.size);
    placeFile(this.#disk, path, encodeStage(stage, nodeSha256));
    // Crash here: the stage is durable and whole, so this tree and no other of this size will be signed.
    this.#staged = { stage, manifests: round.manifests };
    this.#torn = false;
    return round.frames.reduce((sum, frame) => sum + frame.bytes.length, 0);
  }

  #writeFrames(round: RoundFrames): void {
    const paths = new Set(round.frames.map((frame) => frame.path));
    const fresh = new Set<string>();
    for (const path of paths) {
      this.#disk.makeFolder(dirname(path));
      if (this.#disk.size(path) === undefined) fresh.add(dirname(path));
    }
    for (const { path, bytes, offset } of round.frames) this.#disk.writeAt(path, bytes, offset);
    for (const path of paths) this.#disk.sync(path);
    for (const { path, bytes, offset } of round.frames) mustReadBack(this.#disk, path, offset, bytes);
    for (const folder of fresh) this.#disk.syncFolder(folder);
  }

  #isPublished(): boolean {
    const note = this.#disk.read(CHECKPOINT_PATH);
    return note !== undefined && Buffer.from(note).toString() === this.#tree.note;
  }

  /** Signs and publishes a durable stage and lays its tiles. Every step may be done again. */
  finish(staged: Staged): void {
    const { stage, manifests } = staged;
    this.#staged = staged;
    const note = this.#signer.checkpoint(stage.size, stage.root);
    this.#onSigned(stage.size, encodeBase64(stage.root));
    if (note !== this.#tree.note) {
      // Crash here: signed but not published; recovery signs the very same note from the stage.
      placeFile(this.#disk, CHECKPOINT_PATH, Buffer.from(note));
      // Crash here: published. The tiles are in the stage, from where recovery lays them.
    }
    layStage(this.#disk, stage);
    this.#tree.advance(manifests, stage, note);
    // Crash here: only the journal is left, older than the checkpoint.
    this.#staged = undefined;
  }

  /** Whether a round stands half published: then nothing but its end may be signed. */
  get isStaged(): boolean {
    return this.#staged !== undefined;
  }

  /** Signs with another key from now on, in whose hand the published checkpoint has just been put. */
  rekey(signer: LogSigner): string {
    this.#signer = signer;
    this.#tree.note = signer.checkpoint(this.#tree.size, this.#tree.root);
    return this.#tree.note;
  }

  close(): void {
    this.#tree.saveSnapshot();
  }
}

/** Lays the tiles of a published stage, removes those they supersede, then the stage. Every step may be done again. */
export function layStage(disk: LedgerDisk, stage: Stage, isAgain = false): void {
  for (const { path, bytes } of stage.writes) {
    disk.makeFolder(dirname(path));
    placeFile(disk, path, bytes);
  }
  // Crash here: both the old and the new right edge are on disk; recovery removes the old one.
  for (const path of stage.removes) {
    // Gone in memory may be there on the disk, where a sync has failed: only a removal made now is synced for sure.
    if (isAgain && disk.size(path) === undefined) disk.write(path, new Uint8Array(0));
    disk.unlink(path);
  }
  for (const folder of new Set(stage.removes.map((path) => dirname(path)))) disk.syncFolder(folder);
  disk.unlink(stagePath(stage.size));
  disk.syncFolder(STAGING_FOLDER);
}

/** What was written must be what is there, before anything else is removed or signed on the strength of it. */
function mustReadBack(disk: LedgerDisk, path: string, offset: number, bytes: Uint8Array): void {
  const found = disk.readAt(path, offset, bytes.length);
  if (found === undefined || Buffer.compare(found, bytes) !== 0)
    throw new DiskError('io', `${path} does not read back as it was written, at byte ${offset}`);
}

/** Puts a file in place so that readers see all of it or none, durably. */
export function placeFile(disk: LedgerDisk, path: string, bytes: Uint8Array): void {
  disk.write(NEXT_FILE_PATH, bytes);
  disk.sync(NEXT_FILE_PATH);
  mustReadBack(disk, NEXT_FILE_PATH, 0, bytes);
  disk.rename(NEXT_FILE_PATH, path);
  disk.syncFolder(dirname(path));
}

/** Reads a stage file; undefined where it is damaged (it is put in place whole, so it can't be torn). */
export function readStage(disk: LedgerDisk, size: number): Stage | undefined {
  const bytes = disk.read(stagePath(size));
  const decoded = bytes === undefined ? undefined : decodeStage(bytes, nodeSha256);
  return decoded?.ok === true ? decoded.value : undefined;
}

/** Path of a manifest's segment. */
export function segmentOf(manifest: Pick<BlockManifest, 'class' | 'segment'>): string {
  return segmentPath(manifest.class, manifest.segment);
}
