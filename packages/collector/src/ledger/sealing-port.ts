import type { JournalBlock } from '@portledger/format';
import type { DiskFaultCode } from './ledger-disk.ts';
import type { RecoveryNotice } from './ledger-shapes.ts';
import type { SessionRow } from './session-table.ts';

/** A closed round: all its blocks become leaves under one checkpoint. */
export type RoundJob = {
  readonly firstBlock: number;
  readonly blocks: readonly JournalBlock[];
  /** Epoch microseconds, for `sealed` and the age of segments. */
  readonly nowMicros: number;
};

/** What the sealing side knows of the ledger after recovery. */
export type SealedState = {
  readonly sealedBlocks: number;
  readonly records: number;
  readonly checkpoint: string;
  readonly vkey: string;
  readonly sessions: readonly SessionRow[];
  readonly notices: readonly RecoveryNotice[];
};

export type Published = {
  readonly sealedBlocks: number;
  readonly checkpoint: string;
  readonly frameBytes: number;
  readonly sealMs: number;
};

export type SealOutcome =
  | { readonly ok: true; readonly value: Published }
  | { readonly ok: false; readonly fault: { readonly code: DiskFaultCode; readonly message: string } };

/** The log's verifier key after a rotation, and the published checkpoint signed with it. */
export type RotatedKey = { readonly vkey: string; readonly checkpoint: string };

/** The sealing side: a thread of its own, or the same thread in tests. One round at a time, in order. */
export interface SealingPort {
  /** Mends what a crash left and seals what the journals hold. Rejects with LedgerError. */
  recover(): Promise<SealedState>;
  /** Seals and publishes a round. After `disk-full` and `read-only` the same round may be tried again. */
  seal(round: RoundJob): Promise<SealOutcome>;
  /** Hands the log over to a new key, between two rounds. Rejects with LedgerError; then the ledger must be opened anew. */
  rotateKey?(): Promise<RotatedKey>;
  close(): Promise<void>;
}
