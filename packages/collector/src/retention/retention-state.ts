import { setImmediate as nextTurn } from 'node:timers/promises';
import { SYSTEM_RETENTION_CLASS, parseLine } from '@portledger/format';
import type { AccessRecord, BlockManifest, RetentionPolicy } from '@portledger/format';
import { onMovingEdge } from '../ledger/block-reader.ts';
import type { BlockReader } from '../ledger/block-reader.ts';
import { pruneNoticeOf } from '../ledger/pruned-segments.ts';
import type { PruneNotice } from '../ledger/pruned-segments.ts';
import { holdOf } from './hold.ts';
import type { Hold } from './hold.ts';
import { MANIFESTS_A_TURN_MAX } from './limits.ts';
import { POLICY_CHANGE, PolicyHistory } from './policy-history.ts';
import { SegmentCensus } from './segment-census.ts';

/**
 * What retention has to know, all of it from the sealed ledger: which segments there are, which were pruned, which holds
 * are in force, which ages held when. It keeps nothing of its own on disk; replay gives the same again.
 */
export class RetentionState {
  readonly census = new SegmentCensus();
  readonly history: PolicyHistory;
  readonly #reader: BlockReader;
  readonly #size: () => number;
  readonly #holds = new Map<string, Hold>();
  readonly #notices = new Map<string, PruneNotice>();
  #next = 0;

  /** `size` tells the blocks under the published checkpoint, anew each time. */
  constructor(reader: BlockReader, size: () => number, policy: RetentionPolicy) {
    this.#reader = reader;
    this.#size = size;
    this.history = new PolicyHistory(policy);
  }

  /** Takes in what was sealed since the last time. */
  async catchUp(): Promise<void> {
    while (this.#next < this.#size()) {
      const block = this.#next;
      const manifest = await onMovingEdge(this.#size, (size) => this.#reader.manifest(block, size));
      // The acts first: should they not be readable, nothing of the block counts as taken in.
      if (manifest.class === SYSTEM_RETENTION_CLASS) await this.#takeActs(manifest);
      this.census.take(manifest);
      this.#next = block + 1;
      if (this.#next % MANIFESTS_A_TURN_MAX === 0) await nextTurn();
    }
  }

  holds(): readonly Hold[] {
    return [...this.#holds.values()];
  }

  hold(name: string): Hold | undefined {
    return this.#holds.get(name);
  }

  notices(): readonly PruneNotice[] {
    return [...this.#notices.values()];
  }

  /** The notice that all of a segment was pruned. One that names fewer blocks than it has by now is none. */
  noticeOf(className: string, segment: number): PruneNotice | undefined {
    const notice = this.#notices.get(`${className}/${segment}`);
    return notice?.lastBlock === this.census.of(className, segment)?.lastBlock ? notice : undefined;
  }

  async #takeActs(manifest: BlockManifest): Promise<void> {
    const { lines, lineEnds } = await this.#reader.lines(manifest);
    const text = Buffer.from(lines.buffer, lines.byteOffset, lines.length);
    let start = 0;
    for (const [position, end] of lineEnds.entries()) {
      const record = parseLine(text.toString('utf8', start, end - 1));
      if (!record.ok)
        throw new Error(`block ${manifest.block} holds a line that is not canonical: ${record.fault.message}`);
      if (record.value.observer_kind === 'system') this.#take(record.value, { block: manifest.block, position });
      start = end;
    }
  }

  #take(record: AccessRecord, address: { readonly block: number; readonly position: number }): void {
    const { action, labels = {} } = record;
    if (action === 'hold-placed') {
      const hold = holdOf(record);
      if (hold !== undefined) this.#holds.set(hold.name, hold);
    } else if (action === 'hold-released') this.#holds.delete(labels['hold'] ?? '');
    else if (action === 'pruned') {
      const notice = pruneNoticeOf(record, address);
      if (notice !== undefined) this.#notices.set(`${notice.class}/${notice.segment}`, notice);
    } else if (action === 'config-changed' && labels['what'] === POLICY_CHANGE) this.history.take(record);
  }
}
