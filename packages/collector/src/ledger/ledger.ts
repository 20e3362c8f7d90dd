import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok } from '@portledger/format';
import type { RecordProof, Result } from '@portledger/format';
import { Appender } from './appender.ts';
import { NodeBlockFiles } from './block-files.ts';
import type { BlockFiles } from './block-files.ts';
import { BlockReader, onMovingEdge } from './block-reader.ts';
import { liveChunk } from './chunks.ts';
import { DataLock } from './data-lock.ts';
import { followFrom, readChunk, readSealed } from './follower.ts';
import type { BlockSource } from './follower.ts';
import type { LedgerDisk } from './ledger-disk.ts';
import { HighWater, checkHighWater, highWaterPath, setMarkAside } from './high-water.ts';
import { LedgerError } from './ledger-shapes.ts';
import type {
  Appended,
  AppendFault,
  Batch,
  Chunk,
  Cursor,
  Ledger,
  LedgerCounters,
  LedgerHead,
  ProofRefusal,
  RecoveryNotice,
  StreamEnd,
} from './ledger-shapes.ts';
import { SEAL_INTERVAL_MS, SESSIONS_MAX } from './limits.ts';
import { LiveBlocks } from './live-blocks.ts';
import { NodeDisk } from './node-disk.ts';
import { TileCache, proveRecord } from './prove.ts';
import { PrunedSegments, pruneText } from './pruned-segments.ts';
import { PublishedLog } from './published-log.ts';
import { SealQueue } from './seal-queue.ts';
import type { Published, RoundJob, SealedState, SealingPort } from './sealing-port.ts';
import { SealingThread } from './sealing-thread.ts';
import { SessionTable } from './session-table.ts';

export { LedgerError } from './ledger-shapes.ts';
export type {
  Appended,
  AppendFault,
  Batch,
  Chunk,
  Cursor,
  Ledger,
  LedgerCounters,
  LedgerFaultCode,
  LedgerHead,
  RecoveryNotice,
} from './ledger-shapes.ts';

export type LedgerOptions = {
  /** The data folder; made when missing. */
  readonly dir: string;
  /** Name of the log; by default `<hostname>/portledger/<8 hex>`. Fixed by the first start. */
  readonly origin?: string;
  /** Epoch microseconds. */
  readonly clock: () => number;
  readonly sealIntervalMs?: number;
  /** Told what opening had to mend. */
  readonly onNotice?: (notice: RecoveryNotice) => void;
  /** File of the high-water mark; by default `keys/high-water` of the data folder. */
  readonly highWaterFile?: string;
  /** Goes on with a ledger that does not reach its high-water mark; told why it does not. */
  readonly acceptRestored?: (message: string) => void;
  /** Asked before anything in the folder is changed or signed, with the folder locked; throws a LedgerError to refuse. */
  readonly beforeRecovery?: (ledgerFolder: string) => Promise<void>;
  /** Told what went wrong beside the write path: the high-water mark could not be written. */
  readonly onFailure?: (error: unknown) => void;
  /** A file to which each `size root` is appended before it is published. */
  readonly signedLog?: string;
};

/** The parts that the real ledger and tests put together differently. */
export type LedgerParts = {
  readonly folder: string;
  readonly files: BlockFiles;
  readonly disk: LedgerDisk;
  readonly sealing: SealingPort;
  readonly clock: () => number;
  readonly sealIntervalMs: number;
  readonly release: () => void;
  readonly highWater?: HighWater;
};

class OpenedLedger implements Ledger {
  readonly published: PublishedLog;
  readonly #parts: LedgerParts;
  readonly #source: BlockSource;
  readonly #sessions: SessionTable;
  readonly #seals: SealQueue;
  readonly #appender: Appender;
  readonly #tiles: TileCache;
  readonly #sealed = { roundsSealed: 0, blocksSealed: 0, frameBytes: 0, sealMs: 0 };
  #sealedBlocks: number;
  #checkpoint: string;
  #vkey: string;
  #followers = 0;
  #closed: Promise<void> | undefined;

  constructor(parts: LedgerParts, state: SealedState) {
    this.#parts = parts;
    this.#sealedBlocks = state.sealedBlocks;
    this.#checkpoint = state.checkpoint;
    this.#vkey = state.vkey;
    parts.highWater?.raise(state.checkpoint);
    this.#sessions = new SessionTable(SESSIONS_MAX, state.sessions);
    this.#tiles = new TileCache(parts.folder);
    this.published = new PublishedLog(parts.folder, () => ({
      size: this.#sealedBlocks,
      checkpoint: this.#checkpoint,
      vkey: this.#vkey,
    }));
    const live = new LiveBlocks(state.sealedBlocks);
    const [reader, sealedBlocks] = [new BlockReader(parts.files), () => this.#sealedBlocks];
    this.#source = { live, reader, sealedBlocks, pruned: new PrunedSegments(reader, sealedBlocks) };
    this.#seals = new SealQueue(parts.sealing, (published, round) => this.#published(published, round));
    this.#appender = new Appender({
      disk: parts.disk,
      blocks: live,
      sessions: this.#sessions,
      seals: this.#seals,
      records: state.records,
      clock: parts.clock,
      sealIntervalMs: parts.sealIntervalMs,
    });
  }

  #published(published: Published, round: RoundJob): void {
    this.#sealedBlocks = published.sealedBlocks;
    this.#checkpoint = published.checkpoint;
    this.#sealed.roundsSealed += 1;
    this.#sealed.blocksSealed += round.blocks.length;
    this.#sealed.frameBytes += published.frameBytes;
    this.#sealed.sealMs += published.sealMs;
    this.#source.live.dropBelow(published.sealedBlocks);
    this.#source.live.announce();
    this.#parts.highWater?.raise(published.checkpoint);
  }

  append(batches: readonly Batch[]): Promise<Result<Appended, AppendFault>> {
    return this.#appender.append(batches);
  }

  async *follow(from: Cursor, signal: AbortSignal): AsyncGenerator<Chunk, void> {
    this.#followers += 1;
    try {
      yield* followFrom(this.#source, from, signal);
    } finally {
      this.#followers -= 1;
    }
  }

  async chunk(block: number): Promise<Chunk | undefined> {
    const live = this.#source.live.block(block);
    if (live !== undefined) return liveChunk(live, 0);
    if (!Number.isSafeInteger(block) || block < 0 || block >= this.#sealedBlocks) return undefined;
    return readChunk(this.#source, block, 0);
  }

  async proof(block: number, position: number): Promise<Result<RecordProof, ProofRefusal>> {
    const { live, reader } = this.#source;
    const open = live.block(block);
    const isThere = open !== undefined ? position < open.count : block < this.#sealedBlocks;
    if (!Number.isSafeInteger(block) || !Number.isSafeInteger(position) || block < 0 || position < 0 || !isThere) {
      return fail({ code: 'not-found', message: `there is no record ${block}:${position}` });
    }
    if (open !== undefined) {
      return fail({ code: 'not-sealed', message: `block ${block} is not sealed yet: ask again in a second` });
    }
    const sealed = await readSealed(this.#source, block);
    if (sealed.lines === undefined) {
      return fail({ code: 'pruned', message: `record ${block}:${position} was ${pruneText(sealed.notice)}` });
    }
    if (position >= sealed.manifest.count) {
      return fail({
        code: 'not-found',
        message: `block ${block} has ${sealed.manifest.count} records, none at ${position}`,
      });
    }
    return ok(
      await onMovingEdge(this.#source.sealedBlocks, () =>
        proveRecord(sealed, position, { reader, tiles: this.#tiles, checkpoint: this.#checkpoint }),
      ),
    );
  }

  async recordsBefore({ block, position }: Cursor): Promise<number> {
    const { live, reader, sealedBlocks } = this.#source;
    const [sealed, total] = [this.#sealedBlocks, this.#appender.records];
    let after = 0;
    for (let number = Math.max(block, sealed); number < live.next; number++) after += live.block(number)?.count ?? 0;
    for (let number = block; number < sealed; number++) {
      after += (await onMovingEdge(sealedBlocks, (size) => reader.manifest(number, size))).count;
    }
    return total - after + Math.min(position, after);
  }

  head(): LedgerHead {
    const { live } = this.#source;
    const last = live.block(live.next - 1);
    return {
      durable: last === undefined ? { block: live.next, position: 0 } : { block: last.block, position: last.count },
      sealedBlocks: this.#sealedBlocks,
      records: this.#appender.records,
      checkpoint: this.#checkpoint,
      vkey: this.#vkey,
    };
  }

  streamEnd(observer: string, session: string): StreamEnd | undefined {
    return this.#sessions.end(observer, session);
  }

  fault(): AppendFault | undefined {
    return this.#appender.fault;
  }

  seal(): Promise<void> {
    return this.#appender.seal();
  }

  async rotateKey(): Promise<string> {
    const { sealing, highWater } = this.#parts;
    if (sealing.rotateKey === undefined)
      throw new LedgerError('not-writable', 'the key of this ledger can’t be rotated');
    const { vkey, checkpoint } = await sealing.rotateKey();
    this.#vkey = vkey;
    this.#checkpoint = checkpoint;
    highWater?.raise(checkpoint);
    return vkey;
  }

  counters(): LedgerCounters {
    return {
      ...this.#appender.counts,
      ...this.#sealed,
      sealFailures: this.#seals.failures,
      queuedBytes: this.#appender.queuedBytes,
      roundsSealing: this.#seals.waiting,
      sessions: this.#sessions.count,
      followers: this.#followers,
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      await this.#appender.close();
    } finally {
      await this.#seals.close();
      await this.#parts.highWater?.close();
      this.#parts.release();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Recovers what `parts` lead to and opens it. */
export async function openWith(parts: LedgerParts, onNotice?: (notice: RecoveryNotice) => void): Promise<Ledger> {
  try {
    const state = await parts.sealing.recover();
    for (const notice of state.notices) onNotice?.(notice);
    return new OpenedLedger(parts, state);
  } catch (error) {
    await parts.sealing.close();
    parts.release();
    throw error;
  }
}

/** Refuses a ledger that was set back, or sets the mark that says so aside where the operator accepts it. */
function checkRolledBack(folder: string, highWaterFile: string, { acceptRestored, clock }: LedgerOptions): void {
  try {
    checkHighWater(folder, highWaterFile);
  } catch (error) {
    if (acceptRestored === undefined || !(error instanceof LedgerError)) throw error;
    const aside = setMarkAside(highWaterFile, clock());
    acceptRestored(`${error.message.split('. ', 1)[0] ?? ''}; the mark lies in ${aside ?? 'no file'}`);
  }
}

/**
 * Opens the ledger of a data folder, for one process at a time. Mends what a crash left: after it resolves, every
 * acknowledged record is sealed. Throws LedgerError where it refuses.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { dir, clock } = options;
  const folder = join(dir, 'ledger');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw new LedgerError('not-writable', `${folder} can't be made: give a data folder that can be written`, error);
  }
  const lock = DataLock.take(dir);
  const highWaterFile = options.highWaterFile ?? highWaterPath(dir);
  try {
    checkRolledBack(folder, highWaterFile, options);
    await options.beforeRecovery?.(folder);
  } catch (error) {
    lock.release();
    throw error;
  }
  const data = { dir, origin: options.origin, signedLog: options.signedLog };
  return openWith(
    {
      folder,
      files: new NodeBlockFiles(folder),
      disk: new NodeDisk(folder),
      sealing: new SealingThread(data, clock),
      clock,
      sealIntervalMs: options.sealIntervalMs ?? SEAL_INTERVAL_MS,
      release: () => lock.release(),
      highWater: new HighWater(highWaterFile, options.onFailure ?? (() => undefined)),
    },
    options.onNotice,
  );
}
