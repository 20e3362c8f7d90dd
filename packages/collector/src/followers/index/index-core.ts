import type { DuckDBInstance } from '@duckdb/node-api';
import type { Result } from '@portledger/format';
import { timeBounds, type TimeBounds } from '../../query/time-bounds.ts';
import type { FollowedChunk } from '../ledger-source.ts';
import { countRecords, groupExpression, histogramOf, topValues } from './aggregates.ts';
import { openDatabase } from './database.ts';
import { recoverFolder, spillDirOf, type LedgerIdentity } from './index-folder.ts';
import { IndexWriter, type WriterStatus } from './index-writer.ts';
import { HISTOGRAM_BUCKETS_MAX, PAGE_HITS_MAX, TOP_BUCKETS_MAX } from './limits.ts';
import { formatPageCursor, parsePageCursor } from './page-cursor.ts';
import { QueryGate } from './query-gate.ts';
import type {
  BlockRange,
  Histogram,
  HistogramRequest,
  IndexStatus,
  SearchFault,
  SearchPage,
  SearchRequest,
  TopList,
  TopRequest,
} from './record-index.ts';
import { keyOfHit, readPage } from './search-page.ts';
import { SourceSet, type RecordSource } from './source-set.ts';
import type { Query } from '../../query/query.ts';
import type { DuckDBConnection } from '@duckdb/node-api';

export type CoreOptions = {
  readonly dir: string;
  readonly ledger: LedgerIdentity;
  readonly memoryBytesMax: number;
  readonly threads: number;
  readonly queryTimeoutMs: number;
  readonly hotRecordsMax?: number;
  readonly hotAgeMaxMs?: number;
};

export type CoreStatus = Omit<IndexStatus, 'state' | 'failure' | 'restarts' | 'lagRecords'>;

/** The index itself, on whatever thread it is opened. */
export class IndexCore {
  readonly #instance: DuckDBInstance;
  readonly #writer: IndexWriter;
  readonly #sources: SourceSet;
  readonly #gate: QueryGate;

  private constructor(instance: DuckDBInstance, writer: IndexWriter, sources: SourceSet, gate: QueryGate) {
    this.#instance = instance;
    this.#writer = writer;
    this.#sources = sources;
    this.#gate = gate;
  }

  static async open(options: CoreOptions): Promise<IndexCore> {
    const instance = await openDatabase({
      memoryBytesMax: options.memoryBytesMax,
      threads: options.threads,
      spillDir: spillDirOf(options.dir),
    });
    const connection = await instance.connect();
    const { partitions, cursor } = await recoverFolder(connection, options.dir, options.ledger);
    connection.closeSync();
    const sources = new SourceSet();
    const writer = await IndexWriter.open(instance, sources, partitions, cursor, options);
    return new IndexCore(instance, writer, sources, new QueryGate(instance, options.queryTimeoutMs));
  }

  append(chunk: FollowedChunk): Promise<void> {
    return this.#writer.append(chunk);
  }

  tick(): Promise<void> {
    return this.#writer.tick();
  }

  show(): void {
    this.#writer.show();
  }

  prune(ranges: readonly BlockRange[]): Promise<number> {
    return this.#writer.prune(ranges);
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  status(): CoreStatus {
    const status: WriterStatus = this.#writer.status();
    return { ...status, ...this.#gate.counters() };
  }

  async search(request: SearchRequest): Promise<Result<SearchPage, SearchFault>> {
    const { query, order, limit } = request;
    if (!within(limit, PAGE_HITS_MAX)) return badLimit(`A page holds 1 to ${PAGE_HITS_MAX} hits`);
    const after = request.cursor === undefined ? undefined : parsePageCursor(request.cursor, order);
    if (request.cursor !== undefined && after === undefined) {
      return {
        ok: false,
        fault: { code: 'bad-cursor', message: `The cursor is none that a search in ${order} order gave` },
      };
    }
    return this.#run(timeBounds(query), async (connection, sources): Promise<SearchPage> => {
      const { hits, more } = await readPage(connection, sources, { query, order, limit, after });
      const last = hits.at(-1);
      return more && last !== undefined ? { hits, nextCursor: formatPageCursor(keyOfHit(last), order) } : { hits };
    });
  }

  async top({ query, field, limit }: TopRequest): Promise<Result<TopList, SearchFault>> {
    if (!within(limit, TOP_BUCKETS_MAX)) return badLimit(`A top list has 1 to ${TOP_BUCKETS_MAX} buckets`);
    const group = groupExpression(field);
    if (!group.ok) return group;
    return this.#run(timeBounds(query), (connection, sources) =>
      topValues(connection, sources, query, group.value, limit),
    );
  }

  async histogram(request: HistogramRequest): Promise<Result<Histogram, SearchFault>> {
    const { query, fromMicros, toMicros, buckets } = request;
    if (buckets !== undefined && !within(buckets, HISTOGRAM_BUCKETS_MAX))
      return badLimit(`A histogram has 1 to ${HISTOGRAM_BUCKETS_MAX} buckets`);
    if (fromMicros !== undefined && toMicros !== undefined && fromMicros > toMicros)
      return badLimit('The range ends before it begins');
    const own = timeBounds(query);
    const bounds = { low: Math.max(own.low, fromMicros ?? -Infinity), high: Math.min(own.high, toMicros ?? Infinity) };
    return this.#run(bounds, (connection, sources) => histogramOf(connection, sources, request));
  }

  async count({ query }: { readonly query: Query }): Promise<Result<number, SearchFault>> {
    return this.#run(timeBounds(query), (connection, sources) => countRecords(connection, sources, query));
  }

  async #run<T>(
    bounds: TimeBounds,
    read: (connection: DuckDBConnection, sources: readonly RecordSource[]) => Promise<T>,
  ): Promise<Result<T, SearchFault>> {
    return this.#gate.run(async (connection) => {
      // Leased when its turn has come, so that a waiting query sees what arrived meanwhile.
      const lease = this.#sources.lease(bounds);
      try {
        return await read(connection, lease.sources);
      } finally {
        lease.release();
      }
    });
  }

  /** Stops what runs and writes nothing more: what is not in a file yet is in the ledger. No query may follow. */
  async halt(): Promise<void> {
    await Promise.all([this.#gate.halt(), this.#writer.abandon()]);
  }

  /** Writes what is left to Parquet and lets DuckDB go. */
  async close(): Promise<void> {
    await this.#writer.flush();
    await this.#gate.close();
    await this.#writer.close();
    this.#instance.closeSync();
  }
}

function within(count: number, max: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= max;
}

function badLimit(message: string): Result<never, SearchFault> {
  return { ok: false, fault: { code: 'bad-limit', message } };
}
