/** Hits that wait for one subscriber; past it the newest are dropped, counted and told. A console shows some hundreds. */
export const TAIL_BUFFER_HITS_MAX = 1000;

/** Subscribers at once: each tests every record on the main thread. */
export const TAIL_SUBSCRIBERS_MAX = 32;
