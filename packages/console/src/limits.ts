/** Rows asked for at once from search. One screen is about 40 rows; five screens scroll without a wait. */
export const SEARCH_PAGE_ROWS = 200;

/** Rows of the live tail kept in the page. Beyond it the oldest leave; they are still found by search. */
export const TAIL_ROWS_MAX = 2_000;

/** Rows held back while the reader has scrolled away; beyond it the count goes on but the rows are left to search. */
export const TAIL_PENDING_ROWS_MAX = 2_000;

/** The tail is shown at most this often (ms): a person reads no faster, and the main thread stays free. */
export const TAIL_FLUSH_INTERVAL_MS = 200;

/** The rate shown is a mean over this window (ms). */
export const TAIL_RATE_WINDOW_MS = 10_000;

/** First and longest wait (ms) before the tail reconnects. */
export const TAIL_RETRY_MS_MIN = 500;
export const TAIL_RETRY_MS_MAX = 10_000;

/** A tail without a byte for this long (ms) is taken for dead; the collector sends keep-alives far more often. */
export const TAIL_SILENCE_MS_MAX = 60_000;

/** Bars asked for in the histogram; more are thinner than can be hit with a pointer. */
export const HISTOGRAM_BUCKETS_AIM = 90;

/** Bars drawn at most; an interval that would need more is shown coarser. */
export const HISTOGRAM_BUCKETS_MAX = 2_000;

/** Values shown in each list of the summary. */
export const TOP_VALUES = 5;

/** How often (ms) figures are asked again while the tail runs, and the collector's status always. */
export const AGGREGATES_INTERVAL_MS = 5_000;
export const STATUS_INTERVAL_MS = 5_000;

/** How often (ms) a record is asked for again while its block is still open; blocks close within a second or so. */
export const SEAL_POLL_INTERVAL_MS = 500;

/** How often (ms) a proof that was not there yet is asked for again. */
export const PROOF_RETRY_INTERVAL_MS = 700;

/** Queries remembered in this browser. */
export const SEARCH_HISTORY_MAX = 20;

/** Suggestions listed under the search bar. */
export const SUGGESTIONS_MAX = 8;

/** How often (ms) the log's head is held against the one this browser saw before. */
export const TREE_INTERVAL_MS = 5_000;
