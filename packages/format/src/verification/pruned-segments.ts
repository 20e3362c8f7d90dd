import type { BlockManifest } from '../manifest.ts';
import type { AccessRecord } from '../record.ts';
import { microsFromTimestamp } from '../timestamps.ts';
import { segmentPath } from './ledger-paths.ts';
import type { VerifyLog } from './verify-log.ts';

/** A segment that is no longer stored, and the record in the log that says so and by which policy. */
export type PrunedSegment = {
  readonly class: string;
  readonly firstBlock: number;
  readonly lastBlock: number;
  readonly records: number;
  /** Age of the policy as the record tells it, such as `180d`. */
  readonly policy: string;
  readonly newest: string;
  /** When it was pruned, by the record, and the block that holds the record. */
  readonly pruned: string;
  readonly toldInBlock: number;
};

/** All blocks of a segment whose frames are not there. */
type Missing = {
  readonly class: string;
  readonly segment: number;
  lastBlock: number;
  readonly blocks: BlockManifest[];
};

type Told = { readonly record: AccessRecord; readonly block: number; readonly sealed: string };

const DAY_MICROS = 86_400_000_000;
const UNIT_MICROS: ReadonlyMap<string, number> = new Map([
  ['s', 1_000_000],
  ['m', 60_000_000],
  ['h', 3_600_000_000],
  ['d', DAY_MICROS],
  ['w', 7 * DAY_MICROS],
  ['y', 365 * DAY_MICROS],
]);

/** Microseconds of an age such as `180d`; undefined where it is none. */
function ageMicros(text: string): number | undefined {
  const parts = /^(\d{1,9})([smhdwy])$/.exec(text);
  const unit = UNIT_MICROS.get(parts?.[2] ?? '');
  return unit === undefined ? undefined : Number(parts?.[1]) * unit;
}

function keyOf(className: string, segment: number): string {
  return `${className} ${segment}`;
}

/**
 * Holds what is missing against what the log says was pruned. The manifests of a pruned segment stay in the log, so what the
 * record claims of it can be checked: its blocks, its records, its age. Anything that is missing otherwise is a finding.
 */
export class PrunedSegments {
  readonly #told = new Map<string, Told>();
  readonly #missing = new Map<string, Missing>();

  /** A `pruned` record, and the manifest of the block that holds it. */
  tell(record: AccessRecord, { block, sealed, class: own }: BlockManifest): void {
    const { class: className = '', segment = '' } = record.labels ?? {};
    const key = keyOf(className, Number(segment));
    // Only the collector writes to the class. Told twice after a crash: the first counts.
    if (own === 'system' && !this.#told.has(key)) this.#told.set(key, { record, block, sealed });
  }

  /** A block whose frame is not there. */
  miss(manifest: BlockManifest): void {
    const { class: className, segment, block } = manifest;
    const key = keyOf(className, segment);
    const missing = this.#missing.get(key);
    if (missing === undefined)
      this.#missing.set(key, { class: className, segment, lastBlock: block, blocks: [manifest] });
    else {
      missing.blocks.push(manifest);
      missing.lastBlock = block;
    }
  }

  /** Judges all that was missed. `isStored` says whether a segment's file is there, if only in part. */
  async judge(isStored: (path: string) => Promise<boolean>, log: VerifyLog): Promise<readonly PrunedSegment[]> {
    const pruned: PrunedSegment[] = [];
    for (const [key, missing] of this.#missing) {
      const file = segmentPath(missing.class, missing.segment);
      const told = this.#told.get(key);
      if (told === undefined || (await isStored(file))) {
        this.#tellMissing(missing, file, log);
        continue;
      }
      const fault = unfounded(missing, told);
      if (fault !== undefined)
        log.find('pruned-unfounded', { file, block: told.block }, `the record that it was pruned ${fault}`);
      else pruned.push(prunedSegment(missing, told));
    }
    return pruned;
  }

  #tellMissing({ blocks }: Missing, file: string, log: VerifyLog): void {
    for (const { block, offset } of blocks) {
      const message =
        'the block’s frame is missing, in part or whole, and no record in the log says that it was pruned';
      log.find('frame-missing', { file, offset, block }, message);
    }
  }
}

function recordsOf({ blocks }: Missing): number {
  return blocks.reduce((sum, { count }) => sum + count, 0);
}

function newestOf({ blocks }: Missing): string {
  return blocks.reduce((newest, { last_timestamp: last }) => (last > newest ? last : newest), '');
}

/** Why a record does not give the authority to prune what is missing; undefined where it does. */
function unfounded(missing: Missing, { record, block, sealed }: Told): string | undefined {
  const { blocks = '', records, policy = '' } = record.labels ?? {};
  const span = `${missing.segment}-${missing.lastBlock}`;
  if (block <= missing.lastBlock) return 'stands before the blocks that it names';
  if (blocks !== span) return `names the blocks ${JSON.stringify(blocks)}; missing are ${span}`;
  if (records !== undefined && Number(records) !== recordsOf(missing))
    return `tells ${JSON.stringify(records)} records; there were ${recordsOf(missing)}`;
  const age = ageMicros(policy);
  if (age === undefined) return `names no policy that can be read: ${JSON.stringify(policy)}`;
  const prunedMicros = Math.min(microsFromTimestamp(record.timestamp) ?? 0, microsFromTimestamp(sealed) ?? 0);
  const newest = newestOf(missing);
  return (microsFromTimestamp(newest) ?? Infinity) + age > prunedMicros
    ? `tells a policy of ${policy}, which its newest record, of ${newest}, had not reached at ${record.timestamp}`
    : undefined;
}

function prunedSegment(missing: Missing, { record, block }: Told): PrunedSegment {
  return {
    class: missing.class,
    firstBlock: missing.segment,
    lastBlock: missing.lastBlock,
    records: recordsOf(missing),
    policy: record.labels?.['policy'] ?? '',
    newest: newestOf(missing),
    pruned: record.timestamp,
    toldInBlock: block,
  };
}
