/** Milliseconds without a foreign access after which `up` says how to make one: a host at rest may have none for hours. */
export const HINT_AFTER_MS = 5_000;
