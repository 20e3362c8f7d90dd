import { fail, ok, timestampFormatter } from '@portledger/format';
import type { Result } from '@portledger/format';
import { AppendPlan } from './append-plan.ts';
import type { PlannedAppend } from './append-plan.ts';
import { AppendQueue } from './append-queue.ts';
import type { PendingAppend } from './append-queue.ts';
import { checkBatch } from './batch-check.ts';
import { DiskError } from './ledger-disk.ts';
import type { LedgerDisk } from './ledger-disk.ts';
import type { AppendFault, Appended, Batch } from './ledger-shapes.ts';
import { BLOCK_TURN_MS, PUSH_BACK_TOLD_MS, ROUNDS_SEALING_MAX, ROUND_BYTES_MAX, ROUND_RECORDS_MAX } from './limits.ts';
import type { LiveBlocks } from './live-blocks.ts';
import { OpenRound } from './open-round.ts';
import type { SealQueue } from './seal-queue.ts';
import { TentativeSessions } from './session-table.ts';
import type { SessionTable } from './session-table.ts';

export type AppenderOptions = {
  readonly disk: LedgerDisk;
  readonly blocks: LiveBlocks;
  readonly sessions: SessionTable;
  readonly seals: SealQueue;
  readonly records: number;
  readonly clock: () => number;
  readonly sealIntervalMs: number;
};

/** Counts of what the appending side did. */
export type AppendCounts = {
  recordsAccepted: number;
  recordsDuplicate: number;
  batchesAccepted: number;
  bytesAccepted: number;
  groupCommits: number;
  journalBytes: number;
  appendsRefused: number;
  commitMs: number;
};

/**
 * The single writer. A loop takes turns between group commits and closing rounds, so that nothing is ever planned
 * against a state that another write is changing.
 */
export class Appender {
  readonly #options: AppenderOptions;
  readonly #queue = new AppendQueue();
  readonly #timestamp = timestampFormatter();
  readonly counts: AppendCounts = {
    recordsAccepted: 0,
    recordsDuplicate: 0,
    batchesAccepted: 0,
    bytesAccepted: 0,
    groupCommits: 0,
    journalBytes: 0,
    appendsRefused: 0,
    commitMs: 0,
  };
  records: number;
  #round: OpenRound;
  #isRunning = false;
  #isKicked = false;
  #sealAsked = false;
  #turnDue = false;
  #refusal: AppendFault | undefined;
  /** Why the last group was not written, and when (ms of `performance.now`). */
  #pushedBack: { readonly fault: AppendFault; readonly sinceMs: number } | undefined;
  #closing = false;
  #sealTimer: NodeJS.Timeout | undefined;
  #turnTimer: NodeJS.Timeout | undefined;

  constructor(options: AppenderOptions) {
    this.#options = options;
    this.records = options.records;
    this.#round = new OpenRound(options.disk, options.blocks.next);
    options.seals.onChange = () => this.#kick();
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** Why appends are refused now, or were a moment ago; only the next append can tell that there is room again. */
  get fault(): AppendFault | undefined {
    const lasting = this.#refusal ?? this.#options.seals.fault;
    if (lasting !== undefined || this.#pushedBack === undefined) return lasting;
    return performance.now() - this.#pushedBack.sinceMs < PUSH_BACK_TOLD_MS ? this.#pushedBack.fault : undefined;
  }

  async append(batches: readonly Batch[]): Promise<Result<Appended, AppendFault>> {
    for (const batch of batches) checkBatch(batch);
    const refusal = this.#refusalNow();
    if (refusal !== undefined) {
      this.counts.appendsRefused += 1;
      return fail(refusal);
    }
    const outcome = this.#queue.add(batches);
    this.#kick();
    const settled = await outcome;
    if (!settled.ok) this.counts.appendsRefused += 1;
    return settled;
  }

  #refusalNow(): AppendFault | undefined {
    if (this.#refusal !== undefined) return this.#refusal;
    if (this.#closing) return { code: 'closed', message: 'the ledger is closing' };
    return this.#options.seals.fault;
  }

  /** Closes the round and resolves once everything appended before is published. */
  async seal(): Promise<void> {
    const { seals } = this.#options;
    const barrier = this.#queue.add([]);
    this.#kick();
    await barrier; // what was appended before is durable or refused now
    const round = this.#round;
    while (this.#round === round && round.records > 0) {
      this.#throwIfBroken();
      this.#sealAsked = true;
      this.#kick();
      await seals.progress();
    }
    await seals.published(this.#round.firstBlock);
    this.#throwIfBroken();
  }

  #throwIfBroken(): void {
    const fault = this.#refusal ?? this.#options.seals.fault;
    if (fault !== undefined) throw new Error(`the round can't be sealed: ${fault.message}`);
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#turnTimer);
    try {
      await this.seal();
    } finally {
      clearTimeout(this.#sealTimer);
      this.#queue.refuseAll({ code: 'closed', message: 'the ledger is closed' });
      await this.#round.close();
    }
  }

  #kick(): void {
    this.#isKicked = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#isKicked = false;
    this.#run()
      .catch((error: unknown) => this.#poison(error))
      .finally(() => {
        this.#isRunning = false;
        if (this.#isKicked) this.#kick(); // something came in after the loop had looked
      });
  }

  async #run(): Promise<void> {
    for (;;) {
      if (this.#refusal !== undefined || this.#options.seals.fault?.code === 'failed') {
        this.#refuseWaiting(this.#refusal ?? this.#options.seals.fault);
        return;
      }
      if (this.#turnDue) {
        this.#turnDue = false;
        this.#options.blocks.closeOpen();
        this.#options.blocks.announce();
      }
      const canSeal = this.#options.seals.waiting < ROUNDS_SEALING_MAX;
      if (canSeal && this.#isRoundDue()) await this.#closeRound();
      else if (!this.#queue.isEmpty && !this.#isRoundFull()) await this.#commitGroup();
      else return;
    }
  }

  #refuseWaiting(fault: AppendFault | undefined): void {
    if (fault !== undefined) this.#queue.refuseAll(fault);
  }

  #isRoundFull(): boolean {
    return this.#round.records >= ROUND_RECORDS_MAX || this.#round.bytes >= ROUND_BYTES_MAX;
  }

  #isRoundDue(): boolean {
    if (this.#round.records === 0) return false; // an empty round is never published
    return (
      this.#sealAsked || this.#isRoundFull() || performance.now() - this.#round.openedMs >= this.#options.sealIntervalMs
    );
  }

  async #commitGroup(): Promise<void> {
    const { blocks, sessions, clock } = this.#options;
    const group = this.#queue.takeGroup();
    const plan = new AppendPlan(blocks.open(), blocks.next, new TentativeSessions(sessions), this.#timestamp(clock()));
    const planned = group.map((append) => plan.add(append.batches));
    if (plan.entries.length > 0) {
      const fault = await this.#write(plan);
      if (fault !== undefined) {
        for (const append of group) append.settle(fail(fault));
        return;
      }
    }
    this.#acknowledge(group, planned, plan.received);
  }

  /** Makes a plan durable and only then true in memory. */
  async #write(plan: AppendPlan): Promise<AppendFault | undefined> {
    const { blocks, sessions } = this.#options;
    const started = performance.now();
    try {
      const isFirst = this.#round.records === 0;
      const { bytes, pieces } = await this.#round.commit(plan);
      plan.entries.forEach((entry, at) => {
        const piece = pieces[at];
        if (piece === undefined) throw new Error('a planned entry was not laid out');
        blocks.add(entry.block, piece, entry.meta);
        sessions.add(entry.meta, piece.count);
        this.records += piece.count;
      });
      this.#pushedBack = undefined;
      this.counts.groupCommits += 1;
      this.counts.journalBytes += bytes.length;
      this.#setTimers(isFirst);
      blocks.announce();
      return undefined;
    } catch (error) {
      if (error instanceof DiskError && error.code !== 'io') {
        const fault = { code: error.code, message: error.message };
        this.#pushedBack = { fault, sinceMs: performance.now() };
        return fault;
      }
      this.#poison(error);
      return this.#refusal;
    } finally {
      this.counts.commitMs += performance.now() - started;
    }
  }

  /** What is on the disk is not known any more: nothing may be acknowledged or signed until a restart has looked. */
  #poison(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#refusal ??= {
      code: 'failed',
      message: `the ledger stopped, because the disk failed it: ${message}. Restart the collector`,
    };
    this.#refuseWaiting(this.#refusal);
    this.#options.seals.announce();
  }

  #acknowledge(
    group: readonly PendingAppend[],
    planned: readonly (PlannedAppend | undefined)[],
    received: string,
  ): void {
    group.forEach((append, at) => {
      const outcome = planned[at];
      if (outcome === undefined) {
        const message = 'the records before these could not be stored: send these again';
        append.settle(fail({ code: 'overloaded', message }));
        return;
      }
      this.counts.recordsAccepted += outcome.accepted;
      this.counts.recordsDuplicate += outcome.duplicates;
      this.counts.batchesAccepted += append.batches.length;
      this.counts.bytesAccepted += append.bytes;
      append.settle(ok({ ...outcome, received }));
    });
  }

  #setTimers(isFirst: boolean): void {
    if (isFirst) {
      clearTimeout(this.#sealTimer);
      this.#sealTimer = setTimeout(() => this.#kick(), this.#options.sealIntervalMs + 1);
    }
    if (this.#options.blocks.openCount > 1 && this.#turnTimer === undefined) {
      this.#turnTimer = setTimeout(() => {
        this.#turnTimer = undefined;
        this.#turnDue = true;
        this.#kick();
      }, BLOCK_TURN_MS);
    }
  }

  async #closeRound(): Promise<void> {
    const { blocks, seals, clock, disk } = this.#options;
    const round = this.#round;
    this.#sealAsked = false;
    blocks.closeOpen();
    await round.close();
    this.#round = new OpenRound(disk, blocks.next);
    // Crash here: the journal holds the whole round; recovery seals it.
    const closed = [];
    for (let number = round.firstBlock; number < blocks.next; number++) {
      const block = blocks.block(number);
      if (block === undefined) throw new Error(`block ${number} of the round is gone`);
      closed.push(block.journalBlock());
    }
    seals.add({ firstBlock: round.firstBlock, blocks: closed, nowMicros: clock() });
    seals.announce();
    blocks.announce();
  }
}
