import type { LedgerFiles } from './ledger-files.ts';

/** The single-file verifier is for copies and served ledgers, whose tiles lie still: `portledger verify` reads a live folder. */
export class TreeFiles {
  readonly #files: LedgerFiles;

  constructor(files: LedgerFiles) {
    this.#files = files;
  }

  read(pathOf: (width: number) => string, width: number): Promise<Uint8Array | undefined> {
    return this.#files.read(pathOf(width));
  }
}
