import { SYSTEM_RETENTION_CLASS, parseLine } from '@portledger/format';
import type { AccessRecord, BlockManifest } from '@portledger/format';
import type { BlockReader } from './block-reader.ts';
import { onMovingEdge } from './block-reader.ts';

/** What the ledger says of a segment that it no longer stores. */
export type PruneNotice = {
  readonly class: string;
  readonly segment: number;
  readonly lastBlock: number;
  readonly records: number;
  /** The age that its class had reached, such as `180d`. */
  readonly policy: string;
  /** When the notice was written. */
  readonly timestamp: string;
  /** Address of the notice. */
  readonly block: number;
  readonly position: number;
};

/** What a sentence about a pruned record says of why it is gone. */
export function pruneText({ class: className, policy, timestamp, block, position }: PruneNotice): string {
  return `pruned under the policy ${policy} of class ${className} at ${timestamp}, by the entry ${block}:${position}`;
}

/** A `pruned` record read as what it says; undefined where it is none that the collector itself wrote. */
export function pruneNoticeOf(
  record: AccessRecord,
  address: { readonly block: number; readonly position: number },
): PruneNotice | undefined {
  if (record.action !== 'pruned' || record.observer_kind !== 'system') return undefined;
  const { class: className = '', segment = '', blocks = '', records = '', policy = '' } = record.labels ?? {};
  const span = /^(\d{1,15})-(\d{1,15})$/.exec(blocks);
  if (span === null || span[1] !== segment) return undefined;
  const { timestamp } = record;
  const lastBlock = Number(span[2]);
  const told = { class: className, segment: Number(segment), lastBlock, records: Number(records), policy, timestamp };
  return { ...told, ...address };
}

const PRUNED_MARK = Buffer.from('"action":"pruned"');

/** The prune notices among a block's lines. */
export function pruneNoticesIn(block: number, lines: Uint8Array, lineEnds: Uint32Array): PruneNotice[] {
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.length);
  if (!bytes.includes(PRUNED_MARK)) return [];
  const notices: PruneNotice[] = [];
  let start = 0;
  for (const [position, end] of lineEnds.entries()) {
    const record = parseLine(bytes.toString('utf8', start, end - 1));
    const notice = record.ok ? pruneNoticeOf(record.value, { block, position }) : undefined;
    if (notice !== undefined) notices.push(notice);
    start = end;
  }
  return notices;
}

/**
 * Which segments were pruned, by the ledger's own word. Looked up only when one turns out not to be stored: then every
 * block of the class that holds such notices is read once, those that came since included.
 */
export class PrunedSegments {
  readonly #reader: BlockReader;
  readonly #size: () => number;
  readonly #notices = new Map<string, PruneNotice>();
  #next = 0;
  #reading: Promise<void> = Promise.resolve();

  /** `size` is asked anew for each look: the blocks under the published checkpoint. */
  constructor(reader: BlockReader, size: () => number) {
    this.#reader = reader;
    this.#size = size;
  }

  /** The notice that a block was pruned; undefined where the ledger says nothing of it. */
  async of({ class: className, segment, block }: BlockManifest): Promise<PruneNotice | undefined> {
    this.#reading = this.#reading.then(
      () => this.#readOn(),
      () => this.#readOn(),
    );
    await this.#reading;
    const notice = this.#notices.get(`${className}/${segment}`);
    return notice === undefined || block > notice.lastBlock ? undefined : notice;
  }

  async #readOn(): Promise<void> {
    while (this.#next < this.#size()) {
      const block = this.#next;
      const manifest = await onMovingEdge(this.#size, (size) => this.#reader.manifest(block, size));
      if (manifest.class === SYSTEM_RETENTION_CLASS) {
        for (const notice of await this.#noticesIn(manifest))
          this.#notices.set(`${notice.class}/${notice.segment}`, notice);
      }
      this.#next = block + 1;
    }
  }

  /** Notices that are themselves gone give nobody authority: there are none in a block that is not stored. */
  async #noticesIn(manifest: BlockManifest): Promise<readonly PruneNotice[]> {
    try {
      const { lines, lineEnds } = await this.#reader.lines(manifest);
      return pruneNoticesIn(manifest.block, lines, lineEnds);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }
}
