/** Every bound of the agent, with its unit and the reason for it. */

/** Milliseconds between two polls of the socket tables in sock-diag mode: short enough for a person, cheap when idle. */
export const POLL_INTERVAL_MS = 250;
/** Connections and listeners remembered between two polls; beyond it new sockets are counted as lost. */
export const SOCKETS_MAX = 262_144;
/** TIME_WAIT entries looked at in one poll: a connect-per-request client leaves tens of thousands of them. */
export const TIME_WAIT_MAX = 65_536;
/** Bytes of one netlink datagram: the kernel fills at most 32 KiB for a dump. */
export const NETLINK_REPLY_BYTES = 65_536;
/** Milliseconds to wait for a netlink reply, which the kernel writes at once. */
export const NETLINK_TIMEOUT_MS = 1_000;
/** Part of a core that looking for socket owners in /proc may take over time. */
export const OWNER_SCAN_PART = 0.05;
/** Milliseconds that it may take at once after a quiet time. */
export const OWNER_SCAN_BURST_MS = 250;
/** Niceness of the agent's process while it keeps up: a busy core then still gives it a tenth, which a saturating load needs. */
export const POLITE_NICE = 10;
/** Processes whose details are remembered. */
export const PROCESSES_MAX = 8_192;
/** Attributed owners remembered (one a process image). */
export const ATTRIBUTIONS_MAX = 8_192;
/** User names remembered. */
export const USERS_MAX = 4_096;
/** Milliseconds that a user name stays good: renames are rare, directory services slow. */
export const USER_TTL_MS = 300_000;
/** Milliseconds that an unknown uid stays unknown. */
export const USER_MISS_TTL_MS = 60_000;
/** A user lookup longer than this (milliseconds) rests the directory service for USER_MISS_TTL_MS. */
export const USER_LOOKUP_SLOW_MS = 200;
/** Bytes of a passwd file read, the host's or a container's. */
export const PASSWD_BYTES_MAX = 4_194_304;
/** Containers whose own passwd file is remembered. */
export const CONTAINERS_MAX = 512;
/** Cgroups whose path or workload is remembered. */
export const CGROUPS_MAX = 8_192;
/** Milliseconds between two walks of the cgroup tree in search of an id. */
export const CGROUP_WALK_REST_MS = 1_000;
/** Connections whose Community ID is remembered between first and last event; a power of two. */
export const CONNECTION_IDS_MAX = 16_384;
/** Addresses kept as bytes for hashing. */
export const ADDRESSES_MAX = 4_096;
/** Listeners remembered, to name the called service on the caller's side. */
export const LISTENERS_MAX = 16_384;
/** Shapes of lines whose newest line is kept to make the next of; a load has some tens. */
export const TEMPLATES_MAX = 512;
/** Bytes of a line that is kept so; longer ones (long paths, many labels) are written anew each time. */
export const TEMPLATE_BYTES_MAX = 1_024;
/** Microseconds for which a kept line speaks for later ones: names, addresses and listeners may change. */
export const TEMPLATE_AGE_MAX_MICROS = 1_000_000;
/** Milliseconds after which the host's own addresses are read again. */
export const ADDRESSES_TTL_MS = 5_000;

/** Milliseconds that a line may wait in memory before it is written: the most that kill -9 can lose. Each write costs. */
export const FLUSH_INTERVAL_MS = 200;
/** Lines, or bytes of them, that force a write before FLUSH_INTERVAL_MS. */
export const FLUSH_LINES_MAX = 4_096;
export const FLUSH_BYTES_MAX = 2_097_152;
/** Bytes waiting for the disk from which on captured events wait in the ring, where one takes an eighth of the room. */
export const PENDING_BYTES_BUSY = 3_145_728;
/** Bytes waiting for the disk; beyond it records are dropped and counted (`disk-behind`). */
export const PENDING_BYTES_MAX = 16_777_216;
/** Bytes of a waiting buffer that is kept for use again: PENDING_BYTES_BUSY and what one turn of the ring adds. */
export const PENDING_BYTES_KEPT = 4_194_304;
/** Milliseconds before a refused write to the spool is tried again. */
export const DISK_RETRY_MS = 1_000;
/** Bytes of one spool file: a restart resends at most one such file that was already delivered. */
export const SPOOL_SEGMENT_BYTES = 4_194_304;
/** Default bound of the spool on disk, bytes; see `spoolBytesMax`. */
export const SPOOL_BYTES_MAX = 268_435_456;
/** After an overflow records are taken again once this part of the spool is free, so that gaps are few and large. */
export const SPOOL_RESUME_FREE_PART = 0.05;
/** Bytes of one request to the collector. */
export const SEND_BYTES_MAX = 1_048_576;
/** Milliseconds for one whole request; longer counts as a lost connection. */
export const SEND_TIMEOUT_MS = 30_000;
/** First and longest pause between tries, milliseconds; doubled each time, half of it random. */
export const RETRY_FIRST_MS = 100;
export const RETRY_LONGEST_MS = 15_000;
/** Milliseconds between tries while the collector turns the agent away (401, 403, 404 …): it needs a person. */
export const RETRY_BLOCKED_MS = 30_000;
/** Longest Retry-After that is obeyed, milliseconds. */
export const RETRY_AFTER_LONGEST_MS = 60_000;
/** Bytes of a reply that are read. */
export const REPLY_BYTES_MAX = 1_048_576;
/** Milliseconds that a clean stop waits for the rest to be delivered; what is left stays in the spool. */
export const STOP_DRAIN_MS = 2_000;
/** Round trips among which the shortest gives the clock offset. */
export const CLOCK_SAMPLES = 16;

/** Milliseconds after the start at which what starting took is given back to the system. */
export const START_SETTLED_MS = 5_000;
/** Milliseconds between two heartbeats; see `heartbeatIntervalMs`. */
export const HEARTBEAT_INTERVAL_MS = 15_000;
/** Milliseconds between two looks at the loss counters. */
export const LOSS_CHECK_INTERVAL_MS = 1_000;
