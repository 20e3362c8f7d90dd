import type { Result } from '../result.ts';
import type { Hash } from '../sha256.ts';
import type { VerifyEd25519 } from '../signed-note.ts';
import type { BlockCheck, BlockJob } from './check-block.ts';
import type { Crc32 } from './journal-format.ts';

export type StoredFile = { readonly path: string; readonly bytes: number };

/** A ledger's folder, read only. Paths are relative to it, with `/`. */
export interface LedgerFiles {
  /** Only what is published can be read and nothing listed: a server, as other people's clients see it. */
  readonly isServed?: true;
  /** All files below a folder, at any depth; of '' only those right in the ledger's folder. */
  list(folder: string): Promise<readonly StoredFile[]>;
  /** undefined where there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Exactly that many bytes; undefined where the file is missing or shorter. */
  readAt(path: string, offset: number, length: number): Promise<Uint8Array | undefined>;
}

/** What verification needs of its surroundings besides the files. */
export type VerifyTools = {
  /** SHA-256. */
  readonly hash: Hash;
  readonly verifyEd25519: VerifyEd25519;
  readonly crc32: Crc32;
  /** Checks one block; where several may run at once, `parallelBlocks` says how many. */
  readonly checkBlock: (job: BlockJob) => Promise<BlockCheck>;
  readonly parallelBlocks: number;
  /** Verifies a time stamp (RFC 3161) of some bytes; undefined where that can't be done. Time and authority as text. */
  readonly checkTimestamp?: (
    token: Uint8Array,
    stamped: Uint8Array,
  ) => Result<{ readonly time: string; readonly authority: string; readonly isTrusted: boolean }, string>;
  /** Waits some milliseconds, for a running ledger to finish what it is writing. */
  readonly pause: () => Promise<void>;
};
