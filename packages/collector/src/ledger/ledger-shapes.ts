import type { BatchEntry, RecordProof, Result, SignedBatch } from '@portledger/format';
import type { PublishedLog } from './published-log.ts';

/** The next record to read: an address that never changes once a record has it. */
export type Cursor = { readonly block: number; readonly position: number };

/** Consecutive records of one stream, as its observer wrote them. The bytes are copied: the caller keeps its buffers. */
export type Batch = {
  readonly observer: string;
  readonly session: string;
  readonly firstSeq: number;
  readonly count: number;
  readonly class: string;
  /** Canonical lines, each ended by a newline. */
  readonly lines: Uint8Array;
  /** Offset just past each line's newline. */
  readonly lineEnds: Uint32Array;
  /** Least and greatest `timestamp` of the lines. */
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  /** What its observer signed; the lines are those that it signed, all of them. */
  readonly signed?: SignedBatch;
  /**
   * Whether it must go on where its stream ends, or begin it with number 0. For whoever numbers records and hands them in
   * before the ones before them are durable: when those fail, these are refused too instead of leaving a hole.
   */
  readonly mustFollow?: boolean;
};

export type RecordAddress = { readonly block: number; readonly position: number; readonly count: number };

/** Lines of an append that the ledger held before: `count` of them from `line` on, counted from 0 over all its batches. */
export type HeldLines = {
  readonly line: number;
  readonly observer: string;
  readonly session: string;
  readonly firstSeq: number;
  readonly count: number;
};

export type Appended = {
  /** Records stored by this call. */
  readonly accepted: number;
  /** Records skipped because the ledger already holds their sequence numbers. */
  readonly duplicates: number;
  readonly received: string;
  /** Of the records stored, in their order. */
  readonly addresses: readonly RecordAddress[];
  /** The duplicates, in their order. */
  readonly held: readonly HeldLines[];
};

export type AppendFault = {
  readonly code: 'overloaded' | 'disk-full' | 'read-only' | 'closed' | 'failed';
  readonly message: string;
};

/** A run of records of one block. */
export type Chunk = {
  readonly block: number;
  /** Of the first record in the block. */
  readonly position: number;
  readonly count: number;
  readonly class: string;
  readonly lines: Uint8Array;
  /** Offsets in `lines` just past each line's newline. */
  readonly lineEnds: Uint32Array;
  /** The batches that the run touches, each with the position in the block of its own first record. */
  readonly batches: readonly (BatchEntry & { readonly position: number })[];
  readonly sealed: boolean;
  /** Records of the block that are gone, pruned with authority: then `count` is 0 and there are no lines. */
  readonly pruned?: number;
};

/** How far a stream has come. */
export type StreamEnd = {
  /** The number after the last one held. */
  readonly next: number;
  /** `batchStatementHash` of the signed batch that brought the last record; absent where it came unsigned. */
  readonly statement?: string;
};

export type ProofRefusal = {
  readonly code: 'not-sealed' | 'not-found' | 'pruned';
  readonly message: string;
};

export type LedgerHead = {
  /** Just past the last durable record. */
  readonly durable: Cursor;
  /** Blocks under the published checkpoint. */
  readonly sealedBlocks: number;
  /** Durable records, sealed or not. */
  readonly records: number;
  /** The published checkpoint, a signed note. */
  readonly checkpoint: string;
  readonly vkey: string;
};

/** All counters only grow while the ledger is open, but for those named as of now. */
export type LedgerCounters = {
  readonly recordsAccepted: number;
  readonly recordsDuplicate: number;
  readonly batchesAccepted: number;
  readonly bytesAccepted: number;
  readonly groupCommits: number;
  readonly journalBytes: number;
  readonly appendsRefused: number;
  readonly roundsSealed: number;
  readonly blocksSealed: number;
  readonly frameBytes: number;
  readonly sealFailures: number;
  /** Milliseconds that the sealing thread has worked. */
  readonly sealMs: number;
  /** Milliseconds spent waiting for journal writes and fdatasync. */
  readonly commitMs: number;
  /** Of now: bytes waiting for a group commit. */
  readonly queuedBytes: number;
  /** Of now: rounds closed and not yet published. */
  readonly roundsSealing: number;
  /** Of now: streams kept for exactly-once. */
  readonly sessions: number;
  /** Of now: readers following. */
  readonly followers: number;
};

export interface Ledger {
  /**
   * Stores batches and resolves once they are durable. Sequence numbers that the ledger already holds for a session
   * are skipped and counted; a hole is accepted as it stands. Rejects (RangeError) on a batch that is not well formed.
   */
  append(batches: readonly Batch[]): Promise<Result<Appended, AppendFault>>;
  /** Every record from the cursor on, in the order of addresses, as soon as it is durable. Ends when aborted. */
  follow(from: Cursor, signal: AbortSignal): AsyncIterable<Chunk>;
  /** One whole block, sealed or open; undefined where there is none. Of a pruned one no lines are left: see `pruned`. */
  chunk(block: number): Promise<Chunk | undefined>;
  proof(block: number, position: number): Promise<Result<RecordProof, ProofRefusal>>;
  head(): LedgerHead;
  /** Records ever taken in before the cursor, whether they are still stored or not. */
  recordsBefore(cursor: Cursor): Promise<number>;
  /** How far a stream has come; undefined where none of its records is held, or it was silent for too long. */
  streamEnd(observer: string, session: string): StreamEnd | undefined;
  /** What the checkpoint covers, as an auditor reads it. */
  readonly published: PublishedLog;
  /** Why appends are refused now: for the time being (disk full, read-only), or until a restart. */
  fault(): AppendFault | undefined;
  /** Closes the round now and resolves once it is published. */
  seal(): Promise<void>;
  /** Hands the log over to a new key under the same name, and resolves with its verifier key. Throws LedgerError. */
  rotateKey(): Promise<string>;
  counters(): LedgerCounters;
  /** Seals what is open, then lets the folder go. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export type LedgerFaultCode =
  | 'ledger-locked'
  | 'ledger-damaged'
  | 'published-ahead-of-stored'
  | 'key-unusable'
  | 'key-mismatch'
  | 'rolled-back'
  | 'behind-witness'
  | 'policy-unusable'
  | 'not-writable';

/** Why a ledger can't be opened. Nothing was changed that would lose evidence. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: LedgerFaultCode;

  constructor(code: LedgerFaultCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** What opening found to mend. */
export type RecoveryNotice = {
  readonly kind: 'resealed' | 'republished' | 'torn-journal' | 'damaged-journal-tail';
  readonly message: string;
};
