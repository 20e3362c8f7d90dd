/** Prune notices written in one append: a crash in the middle leaves at most so many segments to unlink at the next start. */
export const NOTICES_AT_ONCE_MAX = 128;

/** Milliseconds after a start until the first scheduled run: what starting takes comes first. */
export const FIRST_RUN_DELAY_MS = 60_000;

/** Manifests taken in before the event loop is given back (about 2 ms). */
export const MANIFESTS_A_TURN_MAX = 256;

/** Holds in force at once: each is tried on every segment that has reached its age. */
export const HOLDS_MAX = 1_000;

/** Characters of a reason: it stands in a record. */
export const REASON_CHARACTERS_MAX = 250;

/** Characters of a hold's query: it stands in a label, whose bound is in bytes, and a character has at most 4. */
export const HOLD_QUERY_CHARACTERS_MAX = 1_000;
