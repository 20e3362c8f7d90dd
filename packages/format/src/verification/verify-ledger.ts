import { parseCheckpoint } from '../checkpoint.ts';
import type { BlockManifest } from '../manifest.ts';
import { parseNote } from '../signed-note.ts';
import { BatchContinuity } from './check-batches.ts';
import type { BlockCheck } from './check-block.ts';
import type { LedgerFiles, StoredFile, VerifyTools } from './ledger-files.ts';
import {
  CHECKPOINT_PATH,
  JOURNAL_FOLDER,
  SEGMENTS_FOLDER,
  STAGING_FOLDER,
  TILE_FOLDER,
  journalNumber,
  segmentPath,
  stagePath,
} from './ledger-paths.ts';
import { SegmentChain } from './segment-chain.ts';
import type { Stage } from './stage-format.ts';
import { stagedManifests } from './staged-manifests.ts';
import { TreeFiles, walkTree } from './tree-walk.ts';
import { accountFor } from './verify-accounting.ts';
import { verifyHead } from './verify-head.ts';
import type { TrustedKeys, VerifiedHead } from './verify-head.ts';
import { VerifyLog } from './verify-report.ts';
import type { VerifyReport } from './verify-report.ts';
import { UnsealedCheck, readStages } from './verify-unsealed.ts';

export type VerifyProgress = { readonly blocks: number; readonly ofBlocks: number; readonly records: number };

export type VerifyOptions = TrustedKeys & { readonly onProgress?: (progress: VerifyProgress) => void };

/**
 * Recomputes the whole ledger from its segments and compares everything that is stored: every flipped, missing,
 * reordered, truncated or unaccounted byte is a finding. A ledger that is being written may be verified: its
 * checkpoint is taken first, and what lies past it is only checked for being where growth may be.
 *
 * What this can't find: an unsealed journal cut off at the end of an entry, or the whole folder put back to an
 * earlier state. A sender's receipts tell the first, a witness or an earlier checkpoint the second.
 */
export async function verifyLedger(
  files: LedgerFiles,
  tools: VerifyTools,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const log = new VerifyLog();
  const head = await verifyHead(files, tools, options, log);
  if (head === undefined) return report(log, undefined);
  await new Verification(files, tools, options, log, head).run();
  return report(log, head);
}

function report(log: VerifyLog, head: VerifiedHead | undefined): VerifyReport {
  const { findings, findingsTotal, notes, counts } = log;
  const ok = findingsTotal === 0;
  const { origin = '', size = 0 } = head?.checkpoint ?? {};
  return { ok, findings, findingsTotal, notes, counts, origin, size, vkey: head?.vkey ?? '' };
}

class Verification {
  readonly #files: LedgerFiles;
  readonly #tools: VerifyTools;
  readonly #options: VerifyOptions;
  readonly #log: VerifyLog;
  readonly #head: VerifiedHead;
  readonly #continuity = new BatchContinuity();
  readonly #chain = new SegmentChain();
  readonly #checking: Promise<BlockCheck>[] = [];

  constructor(files: LedgerFiles, tools: VerifyTools, options: VerifyOptions, log: VerifyLog, head: VerifiedHead) {
    this.#files = files;
    this.#tools = tools;
    this.#options = options;
    this.#log = log;
    this.#head = head;
  }

  async run(): Promise<void> {
    const { size, root } = this.#head.checkpoint;
    const stages = await readStages(this.#files, this.#tools, this.#log);
    const files = new TreeFiles(this.#files, this.#tools, stages);
    const hasGrown = (): Promise<boolean> => this.#hasGrown();
    for await (const manifest of walkTree({ files, tools: this.#tools, log: this.#log, size, root, hasGrown })) {
      this.#chain.take(manifest, this.#log);
      this.#continuity.take(manifest.batches, placeOf(manifest), this.#log);
      await this.#check(manifest);
    }
    while (this.#checking.length > 0) await this.#settle();
    await this.#checkStaged(stages);
    this.#log.counts.segments = this.#chain.accounted.size;
    await this.#account(stages);
    await new UnsealedCheck(this.#files, this.#tools, this.#log, this.#continuity).run(size, () =>
      this.#publishedSize(),
    );
    this.#log.counts.sessions = this.#continuity.count;
    this.#continuity.tellHoles(this.#log);
    if ((await this.#publishedSize()) < size) {
      this.#log.find(
        'checkpoint-rolled-back',
        { file: CHECKPOINT_PATH },
        'the checkpoint went back while it was being verified',
      );
    }
  }

  /** A stage may have been signed already: its frames must be there. Its records are counted from the journal. */
  async #checkStaged(stages: readonly Stage[]): Promise<void> {
    const { size } = this.#head.checkpoint;
    for (const stage of stages) {
      const file = stagePath(stage.size);
      if (stage.size <= size) continue; // published; TreeFiles reads from it what is not laid yet
      const manifests = stage.fromSize === size ? stagedManifests(stage) : undefined;
      if (manifests === undefined) {
        if (!(await this.#hasGrown()))
          this.#log.find('stage-damaged', { file }, 'the stage does not follow the checkpoint');
        continue;
      }
      this.#log.note('not-yet-published', `${manifests.length} blocks are staged for publication in ${file}`);
      for (const manifest of manifests) {
        this.#chain.take(manifest, this.#log);
        const place = placeOf(manifest);
        const frame = await this.#files.readAt(place.file, manifest.offset, manifest.frame_bytes);
        if (frame === undefined)
          this.#log.find('frame-missing', place, 'the staged block’s frame is missing, in part or whole');
        else for (const finding of (await this.#tools.checkBlock({ manifest, frame })).findings) this.#log.add(finding);
      }
    }
  }

  async #hasGrown(): Promise<boolean> {
    return (await this.#publishedNote()) !== this.#head.note;
  }

  /** Hands a block to be checked; the results are taken in order. */
  async #check(manifest: BlockManifest): Promise<void> {
    const place = placeOf(manifest);
    const frame = await this.#files.readAt(place.file, manifest.offset, manifest.frame_bytes);
    if (frame === undefined) {
      this.#log.find('frame-missing', place, 'the block’s frame is missing, in part or whole');
      return;
    }
    this.#log.counts.bytes += frame.length;
    this.#checking.push(this.#tools.checkBlock({ manifest, frame }));
    if (this.#checking.length >= this.#tools.parallelBlocks) await this.#settle();
  }

  async #settle(): Promise<void> {
    const check = await this.#checking.shift();
    if (check === undefined) return;
    const { counts } = this.#log;
    counts.blocks += 1;
    counts.records += check.records;
    for (const finding of check.findings) this.#log.add(finding);
    this.#options.onProgress?.({
      blocks: counts.blocks,
      ofBlocks: this.#head.checkpoint.size,
      records: counts.records,
    });
  }

  /**
   * Looks at what files there are. The order of looking matters on a running ledger: a publication removes its stage
   * after its tiles and its journal last, and moves the checkpoint before either.
   */
  async #account(stagesBefore: readonly Stage[]): Promise<void> {
    const staging = await this.#files.list(STAGING_FOLDER);
    const found: StoredFile[] = [...(await this.#files.list('')), ...staging, ...(await this.#files.list(TILE_FOLDER))];
    found.push(...(await this.#files.list(SEGMENTS_FOLDER)));
    const journals = await this.#files.list(JOURNAL_FOLDER);
    found.push(...journals);
    const hasGrown = await this.#hasGrown();
    const isStaged = staging.some(({ path }) => path.endsWith('.stage')) && stagesBefore.length > 0;
    const growth = {
      size: this.#head.checkpoint.size,
      isPublishing: hasGrown || isStaged,
      isSealing: hasGrown || journals.some(({ path }) => (journalNumber(path) ?? -1) >= this.#head.checkpoint.size),
    };
    accountFor(found, this.#chain.accounted, growth, this.#log);
  }

  async #publishedNote(): Promise<string | undefined> {
    const bytes = await this.#files.read(CHECKPOINT_PATH);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  }

  async #publishedSize(): Promise<number> {
    const note = parseNote((await this.#publishedNote()) ?? '');
    const checkpoint = note.ok ? parseCheckpoint(note.value.text) : undefined;
    return checkpoint?.ok === true ? checkpoint.value.size : this.#head.checkpoint.size;
  }
}

function placeOf(manifest: BlockManifest): { readonly file: string; readonly offset: number; readonly block: number } {
  return { file: segmentPath(manifest.class, manifest.segment), offset: manifest.offset, block: manifest.block };
}
