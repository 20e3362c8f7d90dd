import { createHash } from 'node:crypto';
import { ok } from '@portledger/format';
import type { AccessRecord, Result, SignedBatch } from '@portledger/format';
import type { AppendFault, Appended, Batch, Ledger } from '../ledger/ledger-shapes.ts';
import type { DoorStreams, StreamLease } from './door-stream.ts';
import { Intake } from './intake.ts';
import type { Quarantine } from './quarantine.ts';
import type { RecordSource } from './record-source.ts';
import type { Refusal } from './refusal.ts';
import type { RetentionClassifier } from './retention-class.ts';
import type { Sender } from './sender.ts';
import type { BatchFault, SignedBatches } from './signed-batches.ts';

/** What became of a body of records, once everything of it is on disk. */
export type TakenIn = {
  readonly appended: Appended;
  readonly refusals: readonly Refusal[];
  readonly refusedTotal: number;
  /** SHA-256, hex, over the canonical lines, each ended by a newline, in the order in which they stand in the batches. */
  readonly linesSha256: string;
  readonly batches: readonly Batch[];
  readonly notices: readonly AccessRecord[];
};

export type TakeInFault =
  | { readonly code: 'body-invalid' | 'too-many-records' | 'body-empty'; readonly message: string }
  | BatchFault
  | AppendFault;

export type TakeInServices = {
  readonly ledger: Ledger;
  readonly streams: DoorStreams;
  readonly classes: RetentionClassifier;
  readonly quarantine: Quarantine;
  /** Undefined: nothing is held to a signature, for whoever imports in process has the folder itself. */
  readonly signatures: SignedBatches | undefined;
  /** Gives the event loop back between slices. */
  readonly turn: (sender: string) => Promise<void>;
};

const NOTHING_APPENDED: Omit<Appended, 'received'> = { accepted: 0, duplicates: 0, addresses: [], held: [] };

export type RecordsBody = {
  readonly bytes: Buffer;
  readonly source: RecordSource;
  readonly sender: Sender;
  /** What the sender signed of it. */
  readonly signed?: SignedBatch;
};

/**
 * Takes a body of records in: reads it in slices, numbers what is unnumbered, appends what is good, quarantines what is
 * not. Resolves once both are durable. On a fault of the body as a whole nothing of it was written.
 */
export async function takeIn(
  body: RecordsBody,
  services: TakeInServices,
  receivedNow: () => string,
): Promise<Result<TakenIn, TakeInFault>> {
  const intake = new Intake({
    ...body,
    streams: services.streams,
    classes: services.classes,
    isWhole: body.signed !== undefined,
  });
  let lease: StreamLease | undefined;
  try {
    for (;;) {
      await services.turn(body.sender.name);
      const state = intake.step();
      if (state === 'more') continue;
      if (state === 'done') break;
      if (state !== 'stream-needed') return { ok: false, fault: { code: state.fault, message: state.message } };
      lease = await services.streams.lease(body.sender);
      intake.useLease(lease);
    }
    if (intake.records === 0) return { ok: false, fault: { code: 'body-empty', message: 'The body holds no record.' } };
    return await store(intake, lease, body, services, receivedNow);
  } finally {
    lease?.release();
  }
}

async function store(
  intake: Intake,
  lease: StreamLease | undefined,
  { sender, signed }: RecordsBody,
  services: TakeInServices,
  receivedNow: () => string,
): Promise<Result<TakenIn, TakeInFault>> {
  const batches = intake.batches();
  let appended: Appended = { ...NOTHING_APPENDED, received: receivedNow() };
  if (batches.length > 0 || signed !== undefined) {
    const body = { batches, refusedTotal: intake.refusedTotal };
    const append = (checked: readonly Batch[]) => services.ledger.append(checked);
    const appending = services.signatures?.admit(body, signed, append) ?? append(batches).then(ok);
    // The append is in the ledger's queue, so whoever numbers next comes after it and need not wait for the disk.
    lease?.commit();
    lease?.release();
    let stored: Appended | undefined;
    try {
      const admitted = await appending;
      const result = admitted.ok ? admitted.value : admitted;
      if (!result.ok) return result;
      stored = result.value;
    } finally {
      // Also where it threw: numbers that were given and never stored would have every later body refused.
      if (stored === undefined) lease?.abandon();
    }
    appended = stored;
  }
  if (intake.refusedTotal > 0) {
    try {
      await services.quarantine.keep(sender.name, intake.quarantined, intake.refusedTotal);
    } catch (error) {
      const fault = roomFault(error);
      if (fault === undefined) throw error;
      return { ok: false, fault };
    }
  }
  return {
    ok: true,
    value: {
      appended,
      refusals: intake.refusals,
      refusedTotal: intake.refusedTotal,
      // What was signed has been held against the lines already.
      linesSha256: signed !== undefined && batches.length === 1 ? signed.lines_sha256 : linesSha256(batches),
      batches,
      notices: intake.notices,
    },
  };
}

/** A disk that takes nothing for now: the sender keeps all and sends it again. */
function roomFault(error: unknown): TakeInFault | undefined {
  const errno = error instanceof Error && 'code' in error ? error.code : undefined;
  const why = 'the refused lines can’t be kept in quarantine/';
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return { code: 'disk-full', message: `The disk is full: ${why}.` };
  if (errno === 'EROFS') return { code: 'read-only', message: `The data folder is read-only: ${why}.` };
  return undefined;
}

/** One hash over whole batches costs a tenth of a Merkle root over their lines, which the block's manifest has anyway. */
function linesSha256(batches: readonly Batch[]): string {
  const hash = createHash('sha256');
  for (const batch of batches) hash.update(batch.lines);
  return hash.digest('hex');
}
