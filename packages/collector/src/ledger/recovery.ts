import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  CHECKPOINT_PATH,
  JOURNAL_FOLDER,
  SEGMENTS_FOLDER,
  STAGING_FOLDER,
  TILE_FOLDER,
  bytesEqual,
  encodeStage,
  isUnfinishedJournal,
  journalBlocks,
  journalNumber,
  journalPath,
  parseCheckpoint,
  parseNote,
  scanJournal,
  stageNumber,
  stagePath,
  stagedManifests,
} from '@portledger/format';
import type { JournalScan, Stage } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import type { LedgerDisk } from './ledger-disk.ts';
import { LedgerError } from './ledger-shapes.ts';
import type { RecoveryNotice } from './ledger-shapes.ts';
import type { LogSigner } from './log-signer.ts';
import { isPrunedByLedger } from './prune-authority.ts';
import { Sealer, layStage, placeFile, readStage, segmentOf } from './sealer.ts';
import type { OnSigned } from './sealer.ts';
import { SealedTree } from './sealed-tree.ts';
import type { SealedState } from './sealing-port.ts';
import { discardUncommitted, uncommitted } from './segment-frames.ts';
import { readEdge } from './stored-edge.ts';

const QUARANTINE_FOLDER = 'quarantine';

export type RecoveryOptions = {
  /** The ledger's folder. */
  readonly disk: LedgerDisk;
  /** The data folder. */
  readonly home: LedgerDisk;
  readonly signer: LogSigner;
  readonly onSigned: OnSigned;
  readonly nowMicros: number;
};

function damaged(message: string): LedgerError {
  return new LedgerError(
    'ledger-damaged',
    `${message}. Nothing was changed; run \`portledger verify\` and restore what it names from a copy`,
  );
}

type Head = { readonly size: number; readonly root: Uint8Array; readonly note: string };

/** Brings a ledger's folder to where its journal, its tree and its checkpoint agree, and says what it did. */
export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #disk: LedgerDisk;
  readonly #notices: RecoveryNotice[] = [];

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#disk = options.disk;
  }

  run(): { readonly sealer: Sealer; readonly state: SealedState } {
    for (const folder of [JOURNAL_FOLDER, STAGING_FOLDER, SEGMENTS_FOLDER, TILE_FOLDER]) this.#disk.makeFolder(folder);
    const head = this.#head();
    const stage = this.#pendingStage(head);
    if (stage !== undefined && stage.size === head.size) layStage(this.#disk, stage, true); // published; its tiles were cut short
    const tree = new SealedTree(this.#options.home, head);
    this.#checkTree(tree);
    const sealer = new Sealer(this.#disk, this.#options.signer, tree, this.#options.onSigned);
    if (stage !== undefined && stage.size > head.size) this.#republish(sealer, stage);
    this.#checkSegments(tree);
    this.#resealJournals(sealer, tree);
    return {
      sealer,
      state: {
        sealedBlocks: tree.size,
        records: tree.records,
        checkpoint: tree.note,
        vkey: this.#options.signer.vkey,
        sessions: tree.sessions.rows(),
        notices: this.#notices,
      },
    };
  }

  /** The published checkpoint; that of the empty tree is made where the ledger is new. */
  #head(): Head {
    const { signer } = this.#options;
    const bytes = this.#disk.read(CHECKPOINT_PATH);
    if (bytes !== undefined) {
      const note = Buffer.from(bytes).toString();
      const parsed = parseNote(note);
      const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : undefined;
      const own = checkpoint?.ok === true ? signer.checkpoint(checkpoint.value.size, checkpoint.value.root) : '';
      // Lines by others after the log's own are what a served checkpoint has: the file goes back to the log's word alone.
      if (checkpoint?.ok !== true || !note.startsWith(own)) {
        throw damaged('the checkpoint is malformed or not signed with this ledger’s key');
      }
      // It may be in memory only: a process that was killed leaves there what it had not synced, and what follows from
      // this checkpoint (removing journal, stage, old tiles) must not become durable before it.
      placeFile(this.#disk, CHECKPOINT_PATH, Buffer.from(own));
      return { size: checkpoint.value.size, root: checkpoint.value.root, note: own };
    }
    const folders = [JOURNAL_FOLDER, SEGMENTS_FOLDER, TILE_FOLDER];
    const stages = this.#disk
      .list(STAGING_FOLDER)
      .some((name) => stageNumber(`${STAGING_FOLDER}/${name}`) !== undefined);
    if (stages || folders.some((folder) => this.#disk.list(folder).length > 0)) {
      throw new LedgerError(
        'ledger-damaged',
        'the ledger holds records but its checkpoint is missing: restore it from a copy',
      );
    }
    const root = hash('sha256', '', 'buffer');
    const note = signer.checkpoint(0, root);
    this.#options.onSigned(0, root.toString('base64'));
    placeFile(this.#disk, CHECKPOINT_PATH, Buffer.from(note));
    return { size: 0, root, note };
  }

  /**
   * The stage that a crash left, if any. One that can't be read may have been signed, and sealing the round again
   * would sign another root for the same size: then opening is refused.
   */
  #pendingStage(head: Head): Stage | undefined {
    let pending: Stage | undefined;
    for (const name of this.#disk.list(STAGING_FOLDER)) {
      const path = `${STAGING_FOLDER}/${name}`;
      const size = stageNumber(path);
      const stage = size === undefined ? undefined : readStage(this.#disk, size);
      if (size === undefined || size < head.size) {
        this.#disk.unlink(path); // a file that was never put in place, or a stage that was published
        continue;
      }
      if (stage === undefined) throw damaged(`${path} is damaged, and what it staged may have been signed`);
      if (pending !== undefined || stage.size !== size || (stage.fromSize !== head.size && stage.size !== head.size)) {
        throw damaged(`${path} does not follow the checkpoint of size ${head.size}`);
      }
      if (stage.size === head.size && !bytesEqual(stage.root, head.root))
        throw damaged(`${path} is of another tree than the checkpoint`);
      pending = stage;
      // It may be in memory only, and a sync that has failed once would now say that all is well: it is written anew.
      placeFile(this.#disk, path, encodeStage(stage, nodeSha256));
    }
    return pending;
  }

  #checkTree(tree: SealedTree): void {
    const stored = readEdge(this.#disk, tree.size);
    if (stored === undefined || !bytesEqual(stored.edge.root(), tree.root)) {
      throw new LedgerError(
        'published-ahead-of-stored',
        `the published checkpoint covers ${tree.size} blocks, but the tiles on disk do not give its root: refusing to sign on top of it. Restore the ledger's folder from a copy`,
      );
    }
    const fault = tree.load(this.#disk);
    if (fault !== undefined) throw damaged(fault);
  }

  /** Every class's last segment must reach to where the published manifests end, unless it was pruned. */
  #checkSegments(tree: SealedTree): void {
    for (const [className, { segment, end }] of tree.segments) {
      const path = segmentOf({ class: className, segment });
      const bytes = this.#disk.size(path);
      if (bytes !== undefined && bytes >= end) continue;
      if (bytes === undefined && isPrunedByLedger(this.#disk, tree.size, { class: className, segment })) continue;
      throw new LedgerError(
        'published-ahead-of-stored',
        `${path} has ${bytes ?? 'no'} bytes, but the published blocks in it end at ${end}: refusing to run. Restore the segment from a copy`,
      );
    }
  }

  /** Publishes a stage that may have been signed: the same root, or none. */
  #republish(sealer: Sealer, stage: Stage): void {
    const manifests = stagedManifests(stage);
    if (manifests === undefined) throw damaged(`${stagePath(stage.size)} holds no readable manifests`);
    for (const manifest of manifests) {
      const frame = this.#disk.readAt(segmentOf(manifest), manifest.offset, manifest.frame_bytes);
      if (frame === undefined || hash('sha256', frame, 'hex') !== manifest.frame_sha256) {
        throw new LedgerError(
          'published-ahead-of-stored',
          `block ${manifest.block} was staged for publication, but ${segmentOf(manifest)} does not hold its frame: refusing to sign. Restore the segment from a copy`,
        );
      }
    }
    sealer.finish({ stage, manifests });
    this.#notices.push({
      kind: 'republished',
      message: `finished publishing ${manifests.length} blocks, up to ${stage.size}`,
    });
  }

  #resealJournals(sealer: Sealer, tree: SealedTree): void {
    const rounds: number[] = [];
    for (const name of this.#disk.list(JOURNAL_FOLDER)) {
      const path = `${JOURNAL_FOLDER}/${name}`;
      const first = journalNumber(path);
      if (first !== undefined && first >= tree.size) rounds.push(first);
      else if (first !== undefined) this.#disk.unlink(path); // published
    }
    const left = uncommitted(this.#disk, tree.size, tree.segments);
    if (left.length > 0 && rounds.length === 0) {
      throw damaged(
        `${left.map((one) => one.path).join(', ')} goes on past the published blocks and no journal explains it`,
      );
    }
    const scans = rounds.map((first, at) => this.#scan(first, at === rounds.length - 1));
    let next = tree.size;
    for (const { firstBlock, blocks } of scans) {
      if (firstBlock !== next)
        throw damaged(`the journal of block ${next} is missing; the next one begins at ${firstBlock}`);
      next += blocks.length;
    }
    discardUncommitted(this.#disk, tree.size, tree.segments);
    for (const { firstBlock, blocks } of scans) {
      sealer.seal({ firstBlock, blocks, nowMicros: this.#options.nowMicros });
      if (blocks.length === 0) continue;
      this.#notices.push({
        kind: 'resealed',
        message: `sealed ${blocks.length} blocks from the journal, up to ${tree.size}`,
      });
    }
  }

  #scan(first: number, isLast: boolean): { firstBlock: number; blocks: JournalScanBlocks } {
    const path = journalPath(first);
    const bytes = this.#disk.read(path) ?? new Uint8Array(0);
    if (isLast && isUnfinishedJournal(bytes, crc32)) return { firstBlock: first, blocks: [] }; // never acknowledged anything
    const scan = scanJournal(bytes, crc32);
    if (!scan.ok) throw damaged(`${path}: ${scan.fault}`);
    if (scan.value.firstBlock !== first) throw damaged(`${path} is the journal of block ${scan.value.firstBlock}`);
    this.#checkTail(path, bytes, scan.value, isLast);
    const blocks = journalBlocks(first, scan.value.entries);
    if (!blocks.ok) throw damaged(`${path}: ${blocks.fault}`);
    return { firstBlock: first, blocks: blocks.value };
  }

  /** An append that never finished is cut off; bytes that fail their checksum are set aside first. */
  #checkTail(path: string, bytes: Uint8Array, scan: JournalScan, isLast: boolean): void {
    const { tail } = scan;
    if (tail.kind === 'clean') return;
    if (!isLast || (tail.kind === 'damaged' && tail.followed)) {
      throw damaged(`${path} is damaged at byte ${scan.end} and goes on after it`);
    }
    if (tail.kind === 'torn') {
      this.#notices.push({
        kind: 'torn-journal',
        message: `${path}: cut off ${tail.bytes} bytes of an append that never finished`,
      });
      return;
    }
    const again = this.#disk.read(path);
    if (again === undefined || !bytesEqual(again, bytes))
      throw damaged(`${path} reads differently each time: the disk fails`);
    const { home } = this.#options;
    const aside = `${QUARANTINE_FOLDER}/journal-${scan.firstBlock}-at-${scan.end}.bin`;
    home.makeFolder(QUARANTINE_FOLDER);
    home.write(aside, bytes.subarray(scan.end));
    home.sync(aside);
    home.syncFolder(QUARANTINE_FOLDER);
    this.#notices.push({
      kind: 'damaged-journal-tail',
      message: `${path}: ${tail.message} at byte ${scan.end}; its last ${bytes.length - scan.end} bytes were set aside in ${aside}`,
    });
  }
}

type JournalScanBlocks = Extract<ReturnType<typeof journalBlocks>, { ok: true }>['value'];
