import { encodeBase64 } from '../base64.ts';
import { parseCheckpoint } from '../checkpoint.ts';
import type { BlockManifest } from '../manifest.ts';
import { parseNote } from '../signed-note.ts';
import { BatchSignatures } from './batch-signatures.ts';
import type { BlockCheck } from './check-block.ts';
import type { LedgerFiles, StoredFile, VerifyTools } from './ledger-files.ts';
import {
  CHECKPOINT_PATH,
  JOURNAL_FOLDER,
  KEYS_FOLDER,
  SEGMENTS_FOLDER,
  STAGING_FOLDER,
  TILE_FOLDER,
  handoverPath,
  journalNumber,
  segmentPath,
} from './ledger-paths.ts';
import { PrunedSegments } from './pruned-segments.ts';
import type { PrunedSegment } from './pruned-segments.ts';
import { SegmentChain } from './segment-chain.ts';
import type { Stage } from './stage-format.ts';
import type { StreamReport } from './stream-report.ts';
import { StreamWatch } from './stream-watch.ts';
import { TreeFiles } from './tree-files.ts';
import { walkTree } from './tree-walk.ts';
import type { TreeWalkOptions } from './tree-walk.ts';
import { accountFor } from './verify-accounting.ts';
import { verifyHead } from './verify-head.ts';
import type { TrustedKeys, VerifiedHead } from './verify-head.ts';
import { VerifyLog } from './verify-log.ts';
import type { VerifyReport } from './verify-report.ts';
import { NO_TRUST } from './verify-trust.ts';
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
  if (head === undefined) return report(log, undefined, { streams: [], pruned: [], signing: [] });
  return report(log, head, await new Verification(files, tools, options, log, head).run());
}

type Outcome = {
  readonly signing: VerifyReport['signing'];
  readonly streams: readonly StreamReport[];
  readonly pruned: readonly PrunedSegment[];
};

function report(log: VerifyLog, head: VerifiedHead | undefined, outcome: Outcome): VerifyReport {
  const { origin = '', size = 0 } = head?.checkpoint ?? {};
  const trust = head?.trust.report() ?? NO_TRUST; // may find that a quorum is not met
  const { findings, findingsTotal, notes, counts } = log;
  const sections = log.sections(head !== undefined);
  const ok = head !== undefined && findingsTotal === 0;
  const vkey = head?.vkey ?? '';
  const handovers = head?.chain.report() ?? [];
  return { ok, sections, findings, findingsTotal, notes, counts, origin, size, vkey, trust, handovers, ...outcome };
}

class Verification {
  readonly #files: LedgerFiles;
  readonly #tools: VerifyTools;
  readonly #options: VerifyOptions;
  readonly #log: VerifyLog;
  readonly #head: VerifiedHead;
  readonly #streams = new StreamWatch();
  readonly #pruned = new PrunedSegments();
  readonly #chain = new SegmentChain();
  readonly #signatures: BatchSignatures;
  readonly #checking: { readonly manifest: BlockManifest; readonly check: Promise<BlockCheck | undefined> }[] = [];
  #latest: string | undefined;

  constructor(files: LedgerFiles, tools: VerifyTools, options: VerifyOptions, log: VerifyLog, head: VerifiedHead) {
    this.#files = files;
    this.#tools = tools;
    this.#options = options;
    this.#log = log;
    this.#head = head;
    this.#signatures = new BatchSignatures(tools, log);
  }

  async run(): Promise<Outcome> {
    const { size, root } = this.#head.checkpoint;
    const stages = await readStages(this.#files, this.#tools, this.#log);
    const files = new TreeFiles(this.#files, this.#tools, stages);
    const hasGrown = (): Promise<boolean> => this.#hasGrown();
    const roots = new Map<number, Uint8Array>();
    const { sizes } = this.#head.trust;
    const tree = { files, tools: this.#tools, log: this.#log, size, root, hasGrown, sizes, roots };
    for await (const manifest of walkTree(tree)) {
      this.#chain.take(manifest, this.#log);
      this.#streams.take(manifest.batches, placeOf(manifest), this.#log);
      this.#latest = manifest.sealed;
      await this.#check(manifest);
    }
    while (this.#checking.length > 0) await this.#settle();
    this.#head.trust.compare(size, roots);
    const signing = await this.#signatures.finish(await this.#claimedRoots(tree));
    const unsealed = new UnsealedCheck(this.#files, this.#tools, this.#log, this.#streams);
    await unsealed.checkStaged(stages, size, this.#chain, hasGrown);
    this.#log.counts.segments = this.#chain.accounted.size;
    if (this.#files.isServed === true) {
      this.#log.note('not-looked-at', 'read from a server: what lies beside the published log can’t be listed there');
    } else {
      await this.#account(stages);
      await unsealed.run(size, () => this.#publishedSize());
    }
    this.#log.counts.sessions = this.#streams.count;
    const streams = this.#streams.finish(this.#latest, this.#log);
    const isStored = async (path: string): Promise<boolean> => (await this.#files.readAt(path, 0, 0)) !== undefined;
    const pruned = await this.#pruned.judge(isStored, this.#log);
    if ((await this.#publishedSize()) < size) {
      this.#log.find(
        'checkpoint-rolled-back',
        { file: CHECKPOINT_PATH },
        'the checkpoint went back while it was being verified',
      );
    }
    return { signing, streams, pruned };
  }

  /** Roots of the trees that observers saw, in base64. Their sizes were not known yet when the tree was walked. */
  async #claimedRoots(tree: TreeWalkOptions): Promise<ReadonlyMap<number, string>> {
    const sizes = this.#signatures.claimedSizes;
    const roots = new Map<number, Uint8Array>();
    const walk = walkTree({ ...tree, sizes, roots, log: new VerifyLog() }); // what is wrong with it was found already
    if (sizes.size > 0) while ((await walk.next()).done !== true);
    return new Map([...roots].map(([at, root]) => [at, encodeBase64(root)]));
  }

  async #hasGrown(): Promise<boolean> {
    return (await this.#publishedNote()) !== this.#head.note;
  }

  /** Hands a block to be checked; the results are taken in order. */
  async #check(manifest: BlockManifest): Promise<void> {
    const place = placeOf(manifest);
    const frame = await this.#files.readAt(place.file, manifest.offset, manifest.frame_bytes);
    this.#log.counts.bytes += frame?.length ?? 0;
    const check = frame === undefined ? undefined : this.#tools.checkBlock({ manifest, frame });
    this.#checking.push({ manifest, check: Promise.resolve(check) });
    if (this.#checking.length >= this.#tools.parallelBlocks) await this.#settle();
  }

  async #settle(): Promise<void> {
    const checking = this.#checking.shift();
    if (checking === undefined) return;
    const { manifest } = checking;
    const check = await checking.check;
    if (check === undefined) this.#miss(manifest);
    else this.#take(manifest, check);
    await this.#signatures.take(manifest, placeOf(manifest).file, check?.linesHashes ?? []);
    const { blocks, records } = this.#log.counts;
    this.#options.onProgress?.({ blocks, ofBlocks: this.#head.checkpoint.size, records });
  }

  /** A frame that is not there may have been pruned, which a later block tells. Of its time the manifest is left. */
  #miss(manifest: BlockManifest): void {
    this.#pruned.miss(manifest);
    const span = { first: manifest.first_timestamp, last: manifest.last_timestamp, gaps: [] };
    this.#streams.observe(
      manifest.batches,
      manifest.batches.map(() => span),
    );
  }

  #take(manifest: BlockManifest, check: BlockCheck): void {
    this.#log.counts.blocks += 1;
    this.#log.counts.records += check.records;
    for (const finding of check.findings) this.#log.add(finding);
    this.#streams.observe(manifest.batches, check.spans);
    for (const { record } of check.marks) {
      this.#streams.mark(record);
      this.#signatures.mark(record, manifest);
      this.#head.chain.expect(record, this.#log);
      if (record.action === 'pruned') this.#pruned.tell(record, manifest);
    }
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
    this.#accountKeys(await this.#files.list(KEYS_FOLDER), hasGrown);
    accountFor(found, this.#chain.accounted, growth, this.#log);
  }

  #accountKeys(files: readonly StoredFile[], hasGrown: boolean): void {
    const { handovers } = this.#head.chain;
    const next = handoverPath(handovers.length + 1);
    const known = new Set(handovers.map(({ file }) => file));
    for (const { path } of files)
      if (!known.has(path) && !(hasGrown && path === next))
        this.#log.find('handover-damaged', { file: path }, 'no handover leads to this one: one before it is missing');
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
