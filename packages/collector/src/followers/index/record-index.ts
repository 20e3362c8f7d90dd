import type { Result } from '@portledger/format';
import type { Cursor } from '../../ledger/ledger-shapes.ts';
import type { Hit } from '../../query/hit.ts';
import type { Query } from '../../query/query.ts';
import type { SortOrder } from './page-cursor.ts';

export type SearchFaultCode =
  /** The page cursor is none that this index gave for this order. */
  | 'bad-cursor'
  /** A limit or number of buckets is out of bounds, or a range ends before it begins. */
  | 'bad-limit'
  /** The field of a top list is none. */
  | 'bad-field'
  | 'timeout'
  /** Too many queries wait. */
  | 'busy'
  /** The query needs more memory than the index has. */
  | 'too-big'
  /** The index has stopped. */
  | 'unavailable';

export type SearchFault = { readonly code: SearchFaultCode; readonly message: string };

export type SearchRequest = {
  readonly query: Query;
  readonly order: SortOrder;
  /** 1 to 10,000. */
  readonly limit: number;
  readonly cursor?: string;
};

/** `nextCursor` is there when more may follow. */
export type SearchPage = { readonly hits: readonly Hit[]; readonly nextCursor?: string };

export type TopRequest = {
  readonly query: Query;
  /** A field's name, or labels.NAME. */ readonly field: string;
  readonly limit: number;
};

export type TopList = {
  readonly buckets: readonly { readonly value: string; readonly count: number }[];
  /** Records whose value is not among the buckets. */
  readonly other: number;
  /** Records that have the field. */
  readonly total: number;
  /** Records that lack it. */
  readonly missing: number;
};

export type HistogramRequest = {
  readonly query: Query;
  /** First and last microsecond of the range; by default the query's own bounds, or else those of what it finds. */
  readonly fromMicros?: number;
  readonly toMicros?: number;
  /** How many buckets to aim at; there are never more. */
  readonly buckets?: number;
};

export type HistogramBucket = {
  /** RFC 3339, UTC. */
  readonly start: string;
  readonly count: number;
  readonly byAction: Readonly<Record<string, number>>;
};

/** Every bucket of the range, empty ones too. */
export type Histogram = {
  readonly intervalMs: number;
  readonly buckets: readonly HistogramBucket[];
  readonly total: number;
};

/** Blocks of one retention class, first and last among them. */
export type BlockRange = { readonly class: string; readonly first: number; readonly last: number };

export type IndexStatus = {
  readonly state: 'following' | 'failed' | 'closed';
  /** Why it failed. */
  readonly failure?: string;
  /** How often it was started anew after a failure. */
  readonly restarts?: number;
  /** The next record to index. */
  readonly cursor: Cursor;
  readonly records: number;
  readonly parquetFiles: number;
  readonly parquetBytes: number;
  /** Records only in memory; on disk they are in the ledger. */
  readonly hotRecords: number;
  /** Durable records that a search does not find yet. */
  readonly lagRecords: number;
  readonly flushes: number;
  readonly merges: number;
  /** Records taken out since the start, because the ledger had pruned them. */
  readonly recordsPruned: number;
  readonly queriesActive: number;
  readonly queriesQueued: number;
  readonly queriesRun: number;
  readonly queriesRefused: number;
  readonly queriesTimedOut: number;
};

/** Search over the ledger. It keeps no truth: thrown away, it is rebuilt by replay. */
export interface RecordIndex {
  search(request: SearchRequest): Promise<Result<SearchPage, SearchFault>>;
  top(request: TopRequest): Promise<Result<TopList, SearchFault>>;
  histogram(request: HistogramRequest): Promise<Result<Histogram, SearchFault>>;
  count(request: { readonly query: Query }): Promise<Result<number, SearchFault>>;
  status(): IndexStatus;
  /** Resolves once a search finds every record before `cursor`; rejects if the index stops first. */
  reached(cursor: Cursor): Promise<void>;
  /**
   * Takes the records of pruned blocks out of the files and tells how many they were. What is only in memory yet is not
   * looked at: ask again later, which costs little where nothing is left to do.
   */
  prune(ranges: readonly BlockRange[]): Promise<number>;
  /** Writes what is only in memory to Parquet now. */
  flush(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
