import type { BlockManifest } from '../manifest.ts';
import type { AccessRecord } from '../record.ts';
import type { SigningReport } from './batch-signatures.ts';
import type { VerifyTools } from './ledger-files.ts';
import type { VerifyLog } from './verify-log.ts';

/** The signatures of observers are left to `portledger verify`, which says so in the report. */
export class BatchSignatures {
  readonly #log: VerifyLog;
  readonly claimedSizes: ReadonlySet<number> = new Set();
  #isSigned = false;

  constructor(_tools: VerifyTools, log: VerifyLog) {
    this.#log = log;
  }

  mark(_record: AccessRecord, _manifest: BlockManifest): void {
    // a key says nothing where no signature is verified
  }

  async take({ batches }: BlockManifest): Promise<void> {
    this.#isSigned ||= batches.some(({ signed }) => signed !== undefined);
  }

  async finish(): Promise<readonly SigningReport[]> {
    if (this.#isSigned)
      this.#log.note('not-looked-at', 'batches that observers signed: portledger verify checks the signatures');
    return [];
  }
}
