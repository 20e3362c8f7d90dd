/** Milliseconds to wait for a collector to say that it lives. Loopback answers in under 10. */
export const HEALTH_TIMEOUT_MS = 3_000;

/** Milliseconds to wait for an answer of the API. A search over everything may take seconds on a cold cache. */
export const API_TIMEOUT_MS = 60_000;

/** Bytes of an error's body that are read. */
export const ERROR_BODY_BYTES_MAX = 64 * 1024;

/** Milliseconds after which `up` tells what it waits for. */
export const SLOW_START_MS = 2_000;

/** Milliseconds that the agent waits for a collector that starts beside it: a long index may have to be loaded. */
export const CHILD_READY_TIMEOUT_MS = 60_000;

/** Milliseconds that the agent (which tries to deliver for 2 s) and the collector get to stop by themselves. */
export const AGENT_STOP_MS = 6_000;
export const COLLECTOR_STOP_MS = 12_000;

/** Milliseconds before a child that ended is started again: doubled each time up to the most. */
export const RESTART_DELAY_MS = 250;
export const RESTART_DELAY_MS_MAX = 15_000;

/** Milliseconds after which a child counts as steady and its restart delay starts from the least again. */
export const STEADY_AFTER_MS = 30_000;

/** A second Ctrl-C within this many milliseconds is the same key press seen twice (terminal and wrapper). */
export const SIGNAL_REPEAT_MS = 400;

/** Bytes of one child's log file; the one before it is kept beside. */
export const LOG_FILE_BYTES_MAX = 8 * 1024 * 1024;

/** Lines of a child's last words kept for the report when it dies. */
export const LAST_WORDS_LINES_MAX = 20;

/** Live lines that `up` shows before it falls silent. */
export const FIRST_LINES_MAX = 12;

/** Of them, listeners that already stood. */
export const FIRST_LISTENERS_MAX = 4;

/** Hits asked for in one page when paging through everything. The API's most. */
export const PAGE_RECORDS = 1_000;

/** Records in one import request: about 1 MB of lines, durable in one group commit. */
export const IMPORT_BATCH_RECORDS = 4_000;
export const IMPORT_BATCH_BYTES = 2 * 1024 * 1024;

/** Bytes of one input line of an import; longer ones are refused without being kept. */
export const IMPORT_LINE_BYTES_MAX = 1024 * 1024;

/** Refused lines named one by one; the rest are counted. */
export const REFUSALS_NAMED_MAX = 50;

/** Tries of one import request when the collector pushes back or breaks off, and the milliseconds between them. */
export const IMPORT_TRIES_MAX = 8;
export const IMPORT_RETRY_MS = 500;

/** Bytes in one line of a live stream; longer is no collector of ours. */
export const STREAM_LINE_BYTES_MAX = 4 * 1024 * 1024;

/** Bytes free on the data folder's disk below which `doctor` warns. */
export const DISK_FREE_BYTES_LOW = 2 * 1024 ** 3;

/** Milliseconds between two looks at how far an index has caught up. */
export const CATCH_UP_POLL_MS = 20;

/** Milliseconds between two looks for the run file of a collector that is starting. */
export const RUN_FILE_POLL_MS = 15;

/** Milliseconds that a command waits for a collector that `up` is starting. */
export const COLLECTOR_RETURN_MS = 10_000;
