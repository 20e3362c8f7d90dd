import type { LedgerFiles, VerifyTools } from './ledger-files.ts';
import { JOURNAL_FOLDER, STAGING_FOLDER, stageNumber } from './ledger-paths.ts';
import type { SegmentChain } from './segment-chain.ts';
import type { Stage } from './stage-format.ts';
import type { StreamWatch } from './stream-watch.ts';
import type { VerifyLog } from './verify-log.ts';

/** The single-file verifier looks at what is published; `portledger verify` and `fsck` read what is on its way, too. */
export function readStages(): Promise<readonly Stage[]> {
  return Promise.resolve([]);
}

/** Says what lies there that no checkpoint covers, and is not looked at. */
export class UnsealedCheck {
  readonly #files: LedgerFiles;
  readonly #log: VerifyLog;

  constructor(files: LedgerFiles, _tools: VerifyTools, log: VerifyLog, _streams: StreamWatch) {
    this.#files = files;
    this.#log = log;
  }

  async checkStaged(_stages: readonly Stage[], _size: number, _chain: SegmentChain): Promise<void> {
    const stages = (await this.#files.list(STAGING_FOLDER)).filter(({ path }) => stageNumber(path) !== undefined);
    if (stages.length > 0)
      this.#log.note('not-looked-at', 'a round was being published when this copy was made: a later copy has it whole');
  }

  async run(): Promise<void> {
    const journals = await this.#files.list(JOURNAL_FOLDER);
    if (journals.length > 0)
      this.#log.note('not-looked-at', `${journals.length} journals hold records that no checkpoint covers yet`);
  }
}
