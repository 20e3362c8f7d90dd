/** Records of a block: 8,192 lines keep a proof's path at 13 hashes and a frame near 300 kB. */
export { BLOCK_RECORDS_MAX, MANIFEST_BATCHES_MAX } from '@portledger/format';

/** Bytes of a block's lines; bounds what one read decompresses when lines are long. Never less than one line. */
export const BLOCK_BYTES_MAX = 8 * 1024 * 1024;

/** Milliseconds after which a round closes at the latest; also the worst age of an unsigned record. */
export const SEAL_INTERVAL_MS = 1_000;

/**
 * Milliseconds for which blocks of two classes stay open side by side. Readers go block by block, so the later
 * block's records wait for the earlier block to close.
 */
export const BLOCK_TURN_MS = 100;

/** Records of a round. Larger rounds mean fewer fsyncs, smaller ones less memory. */
export const ROUND_RECORDS_MAX = 131_072;

/** Bytes of a round's lines; open and sealing rounds are kept in memory for readers. */
export const ROUND_BYTES_MAX = 48 * 1024 * 1024;

/** Rounds closed and not yet published. More means that sealing can't keep up: appends then wait in the queue. */
export const ROUNDS_SEALING_MAX = 3;

/** Bytes of lines waiting for a group commit; past it an append is refused as overloaded. */
export const QUEUE_BYTES_MAX = 64 * 1024 * 1024;

/** Appends waiting for a group commit. */
export const QUEUE_APPENDS_MAX = 65_536;

/** Bytes of lines in one group commit: one write, one fdatasync, about 5 ms. */
export const GROUP_BYTES_MAX = 8 * 1024 * 1024;

/** Bytes after which a new segment file is begun, so that retention can unlink in small steps. */
export const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;

/** Milliseconds after which a new segment file is begun: retention works by the day. */
export const SEGMENT_AGE_MS_MAX = 24 * 60 * 60 * 1_000;

/**
 * Streams (observer, session) remembered for exactly-once. The one silent for longest is forgotten first; a stream
 * is one run of an agent, so this is 262,144 agent runs.
 */
export const SESSIONS_MAX = 262_144;

/** Holes remembered of one stream; a record for a forgotten hole counts as already held. */
export const SESSION_HOLES_MAX = 64;

/** Blocks sealed between two writings of the sessions' snapshot: bounds how many manifests an opening parses. */
export const SNAPSHOT_BLOCKS = 1_024;

/** Milliseconds between attempts to seal while the disk is full or read-only. */
export const SEAL_RETRY_MS = 500;

/** Milliseconds by which the high-water mark lags behind at most: a write and two fsyncs each. */
export const HIGH_WATER_INTERVAL_MS = 5_000;

/** Records up to which small batches are joined into one chunk for a follower; a larger batch goes as it is, uncopied. */
export const CHUNK_RECORDS_MIN = 1_024;

/** Entry bundles kept parsed for readers; 256 manifests each. */
export const BUNDLES_CACHED_MAX = 8;

/** Full hash tiles kept for proofs; 8 kB each. */
export const TILES_CACHED_MAX = 256;

/** Attempts to read a right edge that a publication is just moving. */
export const EDGE_READ_ATTEMPTS_MAX = 20;

/** Records of one set proof: at the longest lines 8 MiB of answer. */
export const PROOF_ADDRESSES_MAX = 256;

/** Blocks of one set proof; each is read and hashed whole, about 20 ms. */
export const PROOF_BLOCKS_MAX = 32;

/**
 * For this long (ms) after an append found no room the ledger counts as not ready. A sender tries again within it, so it
 * lasts as long as the trouble; and it ends where nobody sends because the ledger is not ready.
 */
export const PUSH_BACK_TOLD_MS = 10_000;
