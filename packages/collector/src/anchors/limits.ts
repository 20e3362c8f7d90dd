/** Milliseconds between two looks for a new checkpoint to have cosigned. Public witnesses ask for a few a minute at most. */
export const WITNESS_INTERVAL_MS = 10_000;

/** Milliseconds that the witnesses have for one checkpoint, all of them together. */
export const WITNESS_ROUND_MS = 10_000;

/** Milliseconds until a witness that failed is asked again; twice as long after each failure. */
export const WITNESS_RETRY_MS_MIN = 1_000;

/** Milliseconds that the wait for a failing witness grows to. */
export const WITNESS_RETRY_MS_MAX = 300_000;

/** Milliseconds that opening the ledger waits for the witnesses' word on what it holds. */
export const WITNESS_START_MS = 3_000;

/** Milliseconds between two time stamps: public authorities are free as long as they are not asked often. */
export const TIMESTAMP_INTERVAL_MS = 3_600_000;

/** Milliseconds that a time stamp authority has for its answer. */
export const TIMESTAMP_ANSWER_MS = 15_000;

/** Bytes of an authority's answer: a token with a chain of certificates has a few kB. */
export const TIMESTAMP_ANSWER_BYTES_MAX = 131_072;

/** Milliseconds until an authority that failed is asked again; twice as long after each failure, at most the interval. */
export const TIMESTAMP_RETRY_MS_MIN = 5_000;
