import { checkLines } from './check-lines.ts';
import { journalBlocks } from './journal-blocks.ts';
import type { JournalBlock } from './journal-blocks.ts';
import { isUnfinishedJournal, scanJournal } from './journal-format.ts';
import type { JournalScan } from './journal-format.ts';
import type { LedgerFiles, VerifyTools } from './ledger-files.ts';
import {
  JOURNAL_FOLDER,
  STAGING_FOLDER,
  journalNumber,
  journalPath,
  segmentPath,
  stageNumber,
  stagePath,
} from './ledger-paths.ts';
import { findLineEnds } from './lines-root.ts';
import type { SegmentChain } from './segment-chain.ts';
import { decodeStage } from './stage-format.ts';
import type { Stage } from './stage-format.ts';
import { stagedManifests } from './staged-manifests.ts';
import type { StreamWatch } from './stream-watch.ts';
import type { VerifyLog } from './verify-log.ts';

/** Looks at a journal whose last append a running ledger may just be writing. */
const TAIL_ATTEMPTS_MAX = 20;

/** The whole stages in the staging folder. They are put in place whole, so one that can't be read is damaged. */
export async function readStages(files: LedgerFiles, tools: VerifyTools, log: VerifyLog): Promise<Stage[]> {
  const stages: Stage[] = [];
  for (const { path } of await files.list(STAGING_FOLDER)) {
    if (stageNumber(path) === undefined) continue;
    const bytes = await files.read(path);
    if (bytes === undefined) continue; // published meanwhile
    log.counts.bytes += bytes.length;
    const stage = decodeStage(bytes, tools.hash);
    if (stage.ok && stage.value.size === stageNumber(path)) stages.push(stage.value);
    else log.find('stage-damaged', { file: path }, stage.ok ? 'the stage is not of the size in its name' : stage.fault);
  }
  return stages;
}

/** Checks the journals of rounds from `size` on: what is durable and under no checkpoint yet. */
export class UnsealedCheck {
  readonly #files: LedgerFiles;
  readonly #tools: VerifyTools;
  readonly #log: VerifyLog;
  readonly #streams: StreamWatch;

  constructor(files: LedgerFiles, tools: VerifyTools, log: VerifyLog, streams: StreamWatch) {
    this.#files = files;
    this.#tools = tools;
    this.#log = log;
    this.#streams = streams;
  }

  /** A stage may have been signed already: its frames must be there. Its records are counted from the journal. */
  async checkStaged(
    stages: readonly Stage[],
    size: number,
    chain: SegmentChain,
    hasGrown: () => Promise<boolean>,
  ): Promise<void> {
    for (const stage of stages) {
      const file = stagePath(stage.size);
      if (stage.size <= size) continue; // published; TreeFiles reads from it what is not laid yet
      const manifests = stage.fromSize === size ? stagedManifests(stage) : undefined;
      if (manifests === undefined) {
        if (!(await hasGrown())) this.#log.find('stage-damaged', { file }, 'the stage does not follow the checkpoint');
        continue;
      }
      this.#log.note('not-yet-published', `${manifests.length} blocks are staged for publication in ${file}`);
      for (const manifest of manifests) {
        chain.take(manifest, this.#log);
        const place = {
          file: segmentPath(manifest.class, manifest.segment),
          offset: manifest.offset,
          block: manifest.block,
        };
        const frame = await this.#files.readAt(place.file, manifest.offset, manifest.frame_bytes);
        if (frame === undefined)
          this.#log.find('frame-missing', place, 'the staged block’s frame is missing, in part or whole');
        else for (const finding of (await this.#tools.checkBlock({ manifest, frame })).findings) this.#log.add(finding);
      }
    }
  }

  /** `published` says up to which block the ledger has been published by now. */
  async run(size: number, published: () => Promise<number>): Promise<void> {
    const rounds: number[] = [];
    for (const { path } of await this.#files.list(JOURNAL_FOLDER)) {
      const first = journalNumber(path);
      if (first !== undefined) rounds.push(first);
    }
    let next = size;
    for (const first of rounds.sort((left, right) => left - right)) {
      const blocks = await this.#journal(first, first === rounds.at(-1), published);
      if (blocks === undefined || first < size) continue; // sealed and removed meanwhile, or left over from before
      if (first !== next && first > (await published())) {
        this.#log.find('journal-gap', { file: journalPath(first) }, `the journal of block ${next} is missing`);
      }
      for (const block of blocks.list) this.#block(first, block, blocks.bytes);
      next = first + blocks.list.length;
    }
  }

  async #journal(
    first: number,
    isLast: boolean,
    published: () => Promise<number>,
  ): Promise<{ readonly bytes: Uint8Array; readonly list: readonly JournalBlock[] } | undefined> {
    const file = journalPath(first);
    for (let attempt = 1; ; attempt++) {
      const bytes = await this.#files.read(file);
      if (bytes === undefined) return undefined;
      const scan = scanJournal(bytes, this.#tools.crc32);
      const isWhole = scan.ok && scan.value.tail.kind === 'clean';
      if (!isWhole && attempt < TAIL_ATTEMPTS_MAX) {
        await this.#tools.pause();
        continue;
      }
      if (!isWhole && first < (await published())) return undefined;
      this.#log.counts.bytes += bytes.length;
      return this.#judge(file, first, bytes, scan.ok ? scan.value : undefined, isLast);
    }
  }

  #judge(
    file: string,
    first: number,
    bytes: Uint8Array,
    scan: JournalScan | undefined,
    isLast: boolean,
  ): { readonly bytes: Uint8Array; readonly list: readonly JournalBlock[] } | undefined {
    if (scan === undefined) {
      if (isLast && isUnfinishedJournal(bytes, this.#tools.crc32))
        this.#log.note('torn-append', `${file} holds nothing whole: the append that made it never finished`);
      else this.#log.find('journal-damaged', { file }, 'the journal’s header is damaged');
      return undefined;
    }
    if (scan.firstBlock !== first)
      this.#log.find('journal-damaged', { file }, `this is the journal of block ${scan.firstBlock}`);
    if (scan.tail.kind === 'torn' && isLast) {
      this.#log.note(
        'torn-append',
        `${file} ends in ${scan.tail.bytes} bytes of an append that never finished and was never acknowledged`,
      );
    } else if (scan.tail.kind !== 'clean') {
      const message =
        scan.tail.kind === 'torn' ? 'the journal ends inside an entry and another one follows' : scan.tail.message;
      this.#log.find('journal-damaged', { file, offset: scan.end }, message);
    }
    const blocks = journalBlocks(first, scan.entries);
    if (blocks.ok) return { bytes, list: blocks.value };
    this.#log.find('journal-damaged', { file }, blocks.fault);
    return undefined;
  }

  #block(first: number, block: JournalBlock, bytes: Uint8Array): void {
    const place = { file: journalPath(first), block: block.block };
    const lines = joinPieces(block, bytes);
    const lineEnds = findLineEnds(lines, block.count);
    if (lineEnds.length !== block.count || lineEnds.at(-1) !== lines.length) {
      this.#log.find('journal-damaged', place, `${lineEnds.length} lines, ${block.count} records`);
    }
    for (const fault of checkLines(lines, lineEnds, block.batches).faults) {
      this.#log.find(fault.code, { ...place, line: fault.line }, fault.message);
    }
    this.#streams.take(block.batches, place, this.#log);
    this.#log.counts.unsealedRecords += block.count;
  }
}

function joinPieces(block: JournalBlock, bytes: Uint8Array): Uint8Array {
  const lines = new Uint8Array(block.pieces.reduce((sum, piece) => sum + piece.end - piece.start, 0));
  let at = 0;
  for (const { start, end } of block.pieces) {
    lines.set(bytes.subarray(start, end), at);
    at += end - start;
  }
  return lines;
}
