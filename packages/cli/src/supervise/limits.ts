/** Milliseconds without a foreign access after which `up` says how to make one: a host at rest may have none for hours. */
export const HINT_AFTER_MS = 5_000;

/**
 * Memory of the agent's process, MiB. What a record is made of is garbage within a millisecond, so a small nursery
 * costs no more time and takes 12 to 40 MiB less; the old generation has room for the largest tables (sock-diag mode).
 */
export const AGENT_NODE_ARGS: readonly string[] = [
  '--max-semi-space-size=1',
  '--max-old-space-size=384',
  '--v8-pool-size=1',
];
