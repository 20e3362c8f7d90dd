/** Hits that wait for one subscriber; past it the newest are dropped, counted and told. A console shows some hundreds. */
export const TAIL_BUFFER_HITS_MAX = 1000;

/** Live tails open at once: each tests every record on the main thread. */
export const TAIL_SUBSCRIBERS_MAX = 32;

/** Records that one filter tests in a row before its time is looked at: some tens of milliseconds for the costliest filter. */
export const TAIL_SLICE_RECORDS = 16;

/** Milliseconds of testing before the event loop is given back. */
export const TAIL_TURN_MS = 5;

/**
 * Share of the time that one filter may take, and how many milliseconds of it may be saved up. A filter that needs more
 * misses records, which it is told: it runs on the thread that takes records in.
 */
export const TAIL_FILTER_SHARE_MAX = 0.1;
export const TAIL_FILTER_SAVED_MS_MAX = 100;
