import { dirname } from 'node:path/posix';
import { ageText, segmentPath, timestampFromMicros } from '@portledger/format';
import type { AccessRecord } from '@portledger/format';
import type { BlockReader } from '../ledger/block-reader.ts';
import type { LedgerDisk } from '../ledger/ledger-disk.ts';
import { holdsOn } from './hold-check.ts';
import { NOTICES_AT_ONCE_MAX } from './limits.ts';
import { dueSegments } from './retention-plan.ts';
import type { AgedSegment } from './retention-plan.ts';
import type { RetentionState } from './retention-state.ts';
import type { SegmentSummary } from './segment-census.ts';

/** What retention records of its own acts; the collector adds who reports it, when, and where it stands in the stream. */
export type RetentionAct = Pick<
  AccessRecord,
  'action' | 'outcome' | 'reason' | 'user' | 'user_kind' | 'user_source'
> & {
  readonly labels: Readonly<Record<string, string>>;
};

export type PrunerOptions = {
  readonly state: RetentionState;
  readonly reader: BlockReader;
  /** Blocks under the published checkpoint. */
  readonly size: () => number;
  /** The ledger's folder. */
  readonly disk: LedgerDisk;
  /** Writes records of the system; resolves once they are durable, and says why where they are not. */
  readonly write: (acts: readonly RetentionAct[]) => Promise<string | undefined>;
  /** Resolves once everything written before is under a published checkpoint. */
  readonly seal: () => Promise<void>;
};

/** What a run did. `unlinked` counts files of earlier runs that a crash had left too. */
export type Pruned = {
  readonly segments: readonly SegmentSummary[];
  readonly unlinked: number;
  readonly held: ReadonlyMap<SegmentSummary, readonly string[]>;
};

/** Segments that are due, with the names of the holds on each. */
export async function heldSegments(
  { state, reader, size }: Pick<PrunerOptions, 'state' | 'reader' | 'size'>,
  nowMicros: number,
): Promise<ReadonlyMap<SegmentSummary, readonly string[]>> {
  const held = new Map<SegmentSummary, readonly string[]>();
  for (const { segment } of dueSegments(state, nowMicros)) {
    const names = await holdsOn(segment, state.holds(), { reader, size });
    if (names.length > 0) held.set(segment, names);
  }
  return held;
}

/**
 * Deletes what has reached its age, in an order that leaves the ledger provable wherever it breaks off: first the notice,
 * durable and under a published checkpoint, then the file. May be run again at any time.
 */
export async function prune(
  options: PrunerOptions,
  nowMicros: number,
  by: string,
  signal: AbortSignal,
): Promise<Pruned> {
  const { state, write, seal } = options;
  await state.catchUp();
  let unlinked = unlinkTold(options);
  const held = await heldSegments(options, nowMicros);
  const due = dueSegments(state, nowMicros).filter(({ segment }) => !held.has(segment));
  const segments: SegmentSummary[] = [];
  for (let at = 0; at < due.length && !signal.aborted; at += NOTICES_AT_ONCE_MAX) {
    const part = due.slice(at, at + NOTICES_AT_ONCE_MAX);
    const fault = await write(part.map((aged) => noticeAct(state, aged, by)));
    if (fault !== undefined) throw new Error(`the notices of pruning can't be written: ${fault}`);
    // Crash here: notices without their deletion. Those that recovery finds durable it seals, and the next run unlinks.
    await seal();
    await state.catchUp();
    // Crash here: the same, under a checkpoint.
    unlinked += unlinkTold(options);
    // Crash here: what is unlinked is told; the index is told again by the next run.
    segments.push(...part.map(({ segment }) => segment));
  }
  return { segments, unlinked, held };
}

/** Deletes the files of every segment that a sealed notice names whole; returns how many there still were. */
function unlinkTold({ state, disk }: PrunerOptions): number {
  const folders = new Set<string>();
  let unlinked = 0;
  for (const { class: className, segment } of state.notices()) {
    const path = segmentPath(className, segment);
    if (state.noticeOf(className, segment) === undefined || disk.size(path) === undefined) continue;
    disk.unlink(path);
    // Crash here: the file may come back, as the folder is not synced; the next run unlinks it again.
    folders.add(dirname(path));
    unlinked += 1;
  }
  for (const folder of folders) disk.syncFolder(folder);
  return unlinked;
}

function noticeAct(state: RetentionState, { segment, ageMs }: AgedSegment, by: string): RetentionAct {
  return {
    action: 'pruned',
    outcome: 'success',
    user: by,
    user_kind: 'unknown',
    user_source: 'token',
    reason: 'age reached',
    labels: {
      class: segment.class,
      segment: String(segment.segment),
      blocks: `${segment.segment}-${segment.lastBlock}`,
      records: String(segment.records),
      policy: ageText(ageMs),
      oldest: timestampFromMicros(segment.oldestMicros),
      newest: timestampFromMicros(segment.newestMicros),
      segment_sha256: state.census.sha256(segment),
    },
  };
}
