/** Bytes of lines that go into DuckDB at once. 2,048 records are about 500 kB; huge records make smaller batches. */
export const BATCH_BYTES_MAX = 8 * 1024 * 1024;

/** Records kept in memory before they are written to a Parquet file: some tenths of a second of writing, 2 to 4 MB of file. */
export const HOT_RECORDS_MAX = 131_072;

/**
 * Records in one hot table before the next is begun. DuckDB takes the first rows of an empty table over as they are and
 * copies later ones, at several times the cost; but each table takes some 15 MB.
 */
export const HOT_TABLE_RECORDS_MIN = 8192;

/** Longest that records stay only in memory, in milliseconds. They are in the ledger, so this only bounds the replay on start. */
export const HOT_AGE_MAX_MS = 300_000;

/** Sets of hot tables being written while the next fills. Past it feeding waits. */
export const HOT_SETS_FLUSHING_MAX = 2;

/** Longest that an appended record waits before a search finds it, in milliseconds. A flush costs 3 ms however few they are. */
export const FRESHNESS_MS = 100;

/** Appended records that are made visible at once, however short they waited. */
export const FRESHNESS_RECORDS_MAX = 32_768;

/** Buffers kept for lines on their way to the index's thread. */
export const FEED_BUFFERS_FREE_MAX = 16;

/** Bytes of lines on their way to the index's thread. Past it the follower stops reading the ledger. */
export const FEED_BYTES_MAX = 32 * 1024 * 1024;

/** DuckDB's memory in bytes, unless configured. It spills to the index folder past it. */
export const MEMORY_BYTES_MAX = 1024 * 1024 * 1024;

/**
 * Threads that one query or one file being written may use. Several still run side by side on threads of their own; a
 * second one for each cost a third more processor time for the same work on two cores.
 */
export const ENGINE_THREADS = 1;

/** Queries running at once: more would only share the same cores and memory. */
export const QUERIES_ACTIVE_MAX = 4;

/** Queries waiting for their turn; past it they are refused as busy. */
export const QUERIES_QUEUED_MAX = 64;

/** Longest a query may take, waiting included, in milliseconds. */
export const QUERY_TIMEOUT_MS = 30_000;

/** How long after an interrupt the next one follows while a query has not ended, in milliseconds. */
export const INTERRUPT_AGAIN_MS = 50;

/** Waits before an index that failed is started anew, in milliseconds: doubled with each failure in a row, to this most. */
export const RESTART_DELAY_MIN_MS = 1_000;
export const RESTART_DELAY_MAX_MS = 60_000;

/** Following for this long, in milliseconds, its failures before are no longer counted as in a row. */
export const RESTART_FORGIVEN_MS = 300_000;

/** Longest that a process which ends at once waits for the index to let go of DuckDB, in milliseconds. */
export const HALT_WAIT_MS = 3_000;

/** Most hits on one page. */
export const PAGE_HITS_MAX = 10_000;

/** Most buckets of `top`. */
export const TOP_BUCKETS_MAX = 1_000;

/** Most buckets of a histogram, and how many it aims at unless asked. */
export const HISTOGRAM_BUCKETS_MAX = 1_000;
export const HISTOGRAM_BUCKETS = 60;

/** Records in one group of a Parquet file: small enough that one user's hour is a few groups, big enough to compress. */
export const ROW_GROUP_RECORDS = 32_768;

/** Neighbouring files merged at once, and the records of the file they make. Bounds the work of one merge to some seconds. */
export const MERGE_FILES_MIN = 8;
export const MERGED_RECORDS_MAX = 2_097_152;

/** Files that wait to be merged until there is nothing to append; past it they are merged under load too, so that searches stay fast. */
export const MERGE_FILES_WAITING_MAX = 64;

/** Longest page cursor taken, in characters. */
export const PAGE_CURSOR_LENGTH_MAX = 128;
