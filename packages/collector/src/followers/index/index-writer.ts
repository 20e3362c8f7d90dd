import { unlink } from 'node:fs/promises';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Cursor } from '../../ledger/ledger-shapes.ts';
import { compareCursors, type FollowedChunk } from '../ledger-source.ts';
import { pathLiteral } from './database.ts';
import { HotSet } from './hot-set.ts';
import {
  FRESHNESS_MS,
  FRESHNESS_RECORDS_MAX,
  HOT_AGE_MAX_MS,
  HOT_RECORDS_MAX,
  HOT_SETS_FLUSHING_MAX,
  INTERRUPT_AGAIN_MS,
  MERGED_RECORDS_MAX,
  MERGE_FILES_WAITING_MAX,
} from './limits.ts';
import { planMerge } from './merge-plan.ts';
import { countIn, inRanges, reaches } from './pruned-rows.ts';
import type { BlockRange } from './record-index.ts';
import { writePartition } from './parquet-file.ts';
import type { Partition } from './partition.ts';
import { RowBatch } from './row-batch.ts';
import type { SourceSet } from './source-set.ts';

export type WriterOptions = { readonly dir: string; readonly hotRecordsMax?: number; readonly hotAgeMaxMs?: number };

export type WriterStatus = {
  /** The next record that a search does not find yet. */
  readonly cursor: Cursor;
  readonly records: number;
  readonly hotRecords: number;
  readonly parquetFiles: number;
  readonly parquetBytes: number;
  readonly flushes: number;
  readonly merges: number;
  readonly recordsPruned: number;
};

/**
 * Takes the ledger's records in order and keeps them searchable: at first in hot tables, then in Parquet files, which
 * are the only thing that outlives the process. Each file says in its name which records it holds, so what is on disk
 * is always a whole beginning of the ledger, and reading goes on from its end.
 */
export class IndexWriter {
  readonly #options: WriterOptions;
  readonly #connection: DuckDBConnection;
  readonly #background: DuckDBConnection;
  readonly #merger: DuckDBConnection;
  readonly #sources: SourceSet;
  readonly #batch = new RowBatch();
  readonly #partitions: { readonly partition: Partition; readonly retire: () => void }[] = [];
  readonly #flushing = new Set<HotSet>();
  #hot: HotSet;
  #visible: Cursor;
  #shownMs = performance.now();
  #sets = 0;
  #flushes = 0;
  #merges = 0;
  #recordsPruned = 0;
  /** Tables and files being thrown away: awaited before the database is let go. */
  readonly #discards = new Set<Promise<unknown>>();
  /** Files are written one after the other, so that they are there in order. */
  #work: Promise<void> = Promise.resolve();
  /** The merge that runs, if one does. Nothing waits for it but the end. */
  #merging: Promise<void> | undefined;
  #mergeFailure: Error | undefined;
  #isEnding = false;
  #isAbandoned = false;

  private constructor(
    options: WriterOptions,
    connections: readonly [DuckDBConnection, DuckDBConnection, DuckDBConnection],
    sources: SourceSet,
    partitions: readonly Partition[],
    cursor: Cursor,
  ) {
    this.#options = options;
    [this.#connection, this.#background, this.#merger] = connections;
    this.#sources = sources;
    for (const partition of partitions) this.#partitions.push(this.#held(partition));
    this.#visible = cursor;
    this.#hot = this.#newSet(cursor);
  }

  static async open(
    instance: DuckDBInstance,
    sources: SourceSet,
    partitions: readonly Partition[],
    cursor: Cursor,
    options: WriterOptions,
  ): Promise<IndexWriter> {
    const connections = [await instance.connect(), await instance.connect(), await instance.connect()] as const;
    return new IndexWriter(options, connections, sources, partitions, cursor);
  }

  status(): WriterStatus {
    const stored = this.#partitions.reduce((sum, { partition }) => sum + partition.records, 0);
    const hot = [...this.#flushing, this.#hot].reduce((sum, set) => sum + set.records - set.pending, 0);
    return {
      cursor: this.#visible,
      records: stored + hot,
      hotRecords: hot,
      parquetFiles: this.#partitions.length,
      parquetBytes: this.#partitions.reduce((sum, { partition }) => sum + partition.bytes, 0),
      flushes: this.#flushes,
      merges: this.#merges,
      recordsPruned: this.#recordsPruned,
    };
  }

  /** Takes a chunk in. Records before the cursor are skipped; a gap is a broken promise of the ledger and throws. */
  async append(chunk: FollowedChunk): Promise<void> {
    let from = this.#skipped(chunk);
    while (from < chunk.count) {
      from += await this.#hot.append(this.#batch, chunk, from);
      if (this.#hot.pending >= FRESHNESS_RECORDS_MAX) this.show();
      if (this.#hot.records >= (this.#options.hotRecordsMax ?? HOT_RECORDS_MAX)) await this.#rotate();
    }
    if (performance.now() - this.#shownMs >= FRESHNESS_MS) this.show();
  }

  #skipped(chunk: FollowedChunk): number {
    const { next } = this.#hot;
    if (chunk.block === next.block) {
      const known = next.position - chunk.position;
      if (known >= 0) return Math.min(known, chunk.count);
    } else if (compareCursors(chunk, next) < 0) {
      return chunk.count;
    } else if (chunk.position === 0) {
      return 0;
    }
    throw new Error(
      `the ledger gave record ${chunk.block}:${chunk.position} where ${next.block}:${next.position} was to come`,
    );
  }

  /** Makes what was appended visible. */
  show(): void {
    this.#hot.show();
    this.#visible = this.#hot.next;
    this.#shownMs = performance.now();
  }

  /** Work that time brings about: showing the last records, writing out old ones, merging files. Call it when nothing is to be appended. */
  async tick(): Promise<void> {
    if (this.#mergeFailure !== undefined) throw this.#mergeFailure;
    if (this.#hot.pending > 0 && performance.now() - this.#shownMs >= FRESHNESS_MS) this.show();
    const age = performance.now() - this.#hot.startedMs;
    if (this.#hot.records > 0 && age >= (this.#options.hotAgeMaxMs ?? HOT_AGE_MAX_MS)) await this.#rotate();
    if (this.#flushing.size === 0) this.#startMerge();
  }

  async #rotate(): Promise<void> {
    const set = this.#hot;
    set.seal();
    this.#visible = set.next;
    this.#hot = this.#newSet(set.next);
    this.#flushing.add(set);
    const work = this.#work.then(() => this.#write(set));
    this.#work = work;
    // Feeding waits for the disk here, so that memory stays bounded; a failure reaches the feeder through the same wait.
    if (this.#flushing.size > HOT_SETS_FLUSHING_MAX) await work;
    else work.catch(() => undefined);
  }

  async #write(set: HotSet): Promise<void> {
    const partition = await writePartition(this.#background, this.#options.dir, set.from(), set.range, set.disordered);
    // One step: from here on searches read the file and no longer the tables.
    this.#partitions.push(this.#held(partition));
    this.#flushing.delete(set);
    set.retire();
    this.#flushes += 1;
    // Under load merging waits: it would take the processor from the records that nobody finds yet.
    const small = this.#partitions.filter(({ partition }) => partition.records * 2 <= MERGED_RECORDS_MAX).length;
    if (small >= MERGE_FILES_WAITING_MAX) this.#startMerge();
  }

  #startMerge(): void {
    if (this.#merging !== undefined || this.#isEnding) return;
    const merging = this.#merge().finally(() => {
      this.#merging = undefined;
    });
    this.#merging = merging;
    // It leaves its parts as they were, but trying again and again in silence would help nobody: the feeder is told.
    merging.catch((error: unknown) => {
      if (!this.#isEnding) this.#mergeFailure = error instanceof Error ? error : new Error(String(error));
    });
  }

  async #merge(): Promise<void> {
    const plan = planMerge(this.#partitions.map(({ partition }) => partition));
    if (plan === undefined) return;
    const parts = this.#partitions.slice(plan.from, plan.to);
    const [first, last] = [parts[0], parts.at(-1)];
    if (first === undefined || last === undefined) return;
    const files = parts.map(({ partition }) => pathLiteral(partition.path)).join(', ');
    const range = { first: first.partition.first, next: last.partition.next };
    const merged = await writePartition(this.#merger, this.#options.dir, `read_parquet([${files}])`, range, false);
    // A crash before this step leaves whole and parts: the start keeps the whole, whose range contains theirs.
    this.#partitions.splice(plan.from, parts.length, this.#held(merged));
    for (const part of parts) part.retire();
    this.#merges += 1;
  }

  /** Writes the files that hold records of pruned blocks again without them. */
  async prune(ranges: readonly BlockRange[]): Promise<number> {
    const before = this.#recordsPruned;
    const work = this.#work.then(() => this.#takeOut(ranges));
    this.#work = work;
    await work;
    return this.#recordsPruned - before;
  }

  async #takeOut(ranges: readonly BlockRange[]): Promise<void> {
    for (const held of this.#partitions.slice()) {
      const { partition } = held;
      const own = ranges.filter((range) => reaches(partition, range));
      const count = partition.records === 0 ? 0 : await countIn(this.#background, partition, own);
      if (count === 0) continue;
      const from = `(SELECT * FROM read_parquet(${pathLiteral(partition.path)}) WHERE NOT (${inRanges(own)}))`;
      const { first, next, generation = 0 } = partition;
      const range = { first, next, generation: generation + 1 };
      const left = await writePartition(this.#background, this.#options.dir, from, range, false);
      // A crash before this step leaves both: the start takes the later generation.
      this.#partitions.splice(this.#partitions.indexOf(held), 1, this.#held(left));
      this.#recordsPruned += count;
      held.retire();
    }
  }

  #held(partition: Partition): { partition: Partition; retire: () => void } {
    const source = {
      kind: 'file',
      path: partition.path,
      records: partition.records,
      lowMicros: partition.lowMicros,
      highMicros: partition.highMicros,
    } as const;
    return {
      partition,
      retire: this.#sources.add(
        () => source,
        () => this.#discard(() => unlink(partition.path)),
      ),
    };
  }

  #newSet(first: Cursor): HotSet {
    this.#sets += 1;
    return new HotSet(this.#connection, this.#sources, `hot_${this.#sets}`, first, (table) =>
      this.#discard(() => this.#background.run(`DROP TABLE "${table}"`)),
    );
  }

  /** Writes everything to Parquet. */
  async flush(): Promise<void> {
    if (this.#hot.records > 0) await this.#rotate();
    await this.#work;
  }

  /** A table or file that can't be thrown away costs room, not truth: the next start clears it. */
  #discard(begin: () => Promise<unknown>): void {
    // A search that is broken off at the end lets go of its tables then: nothing may be begun any more.
    if (this.#isAbandoned) return;
    const settled = begin()
      .catch(() => undefined)
      .finally(() => this.#discards.delete(settled));
    this.#discards.add(settled);
  }

  /** Breaks off what is being written and waits until nothing runs. What was begun is cleared by the next start. */
  async abandon(): Promise<void> {
    this.#isEnding = true;
    this.#isAbandoned = true;
    const interrupt = (): void => {
      this.#background.interrupt();
      this.#merger.interrupt();
    };
    const again = setInterval(interrupt, INTERRUPT_AGAIN_MS);
    interrupt();
    await Promise.allSettled([this.#work, this.#merging]);
    clearInterval(again);
    await Promise.all(this.#discards);
  }

  async close(): Promise<void> {
    this.#isEnding = true;
    await this.#work;
    this.#merger.interrupt();
    await this.#merging?.catch(() => undefined);
    this.#hot.seal();
    await Promise.all(this.#discards);
    for (const connection of [this.#connection, this.#background, this.#merger]) connection.closeSync();
  }
}
