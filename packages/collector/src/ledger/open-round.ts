import { crc32 } from 'node:zlib';
import { JOURNAL_FOLDER, journalHeader, journalPath } from '@portledger/format';
import type { AppendPlan } from './append-plan.ts';
import { layOutGroup } from './group-commit.ts';
import type { GroupBytes } from './group-commit.ts';
import { DiskError } from './ledger-disk.ts';
import type { JournalFile, LedgerDisk } from './ledger-disk.ts';

/** The round that appends go into, and its journal. The file is made with the first commit: an idle ledger has none. */
export class OpenRound {
  readonly firstBlock: number;
  records = 0;
  bytes = 0;
  /** Milliseconds of `performance.now()` at the first record. */
  openedMs = 0;
  readonly #disk: LedgerDisk;
  #journal: JournalFile | undefined;
  #named = false;
  #end = 0;
  #ordinal = 0;

  constructor(disk: LedgerDisk, firstBlock: number) {
    this.#disk = disk;
    this.firstBlock = firstBlock;
  }

  /**
   * Makes a group durable. Throws DiskError; after `disk-full` and `read-only` the journal is as before, after `io`
   * it is not known and nothing more may be written.
   */
  async commit(plan: AppendPlan): Promise<GroupBytes> {
    this.#journal ??= await this.#disk.createJournal(journalPath(this.firstBlock));
    const prefix = this.#end === 0 ? journalHeader(this.firstBlock, crc32) : new Uint8Array(0);
    const group = layOutGroup(plan.entries, this.#ordinal, this.#end, prefix);
    try {
      await this.#journal.write(group.bytes, this.#end);
      // Crash here: a torn or unacknowledged tail; recovery keeps whole entries and cuts off the rest.
      await this.#journal.sync();
      if (!this.#named) await this.#disk.syncFolderLater(JOURNAL_FOLDER);
      this.#named = true;
    } catch (error) {
      await this.#rollBack(error);
      throw error;
    }
    // Crash here: durable but not acknowledged; the sender sends again and is told that it is held already.
    this.#end += group.bytes.length;
    this.#ordinal += plan.entries.length;
    for (const entry of plan.entries) this.records += entry.to - entry.from;
    this.bytes += group.bytes.length;
    if (this.openedMs === 0) this.openedMs = performance.now();
    return group;
  }

  async #rollBack(error: unknown): Promise<void> {
    if (!(error instanceof DiskError) || error.code === 'io') return;
    try {
      await this.#journal?.truncate(this.#end);
    } catch (cause) {
      throw new DiskError('io', 'a failed append could not be taken back from the journal', cause);
    }
  }

  async close(): Promise<void> {
    await this.#journal?.close();
  }
}
