/**
 * Every limit of the collector's doors, sign-in and API, with its unit and its reason.
 * The ledger, the index and the query language keep theirs in their own `limits.ts`.
 */

/** One record as sent, in bytes; its canonical line has a bound of its own (half of this, in the format). Its neighbours stand. */
export const INPUT_LINE_BYTES_MAX = 64 * 1024;

/**
 * One request body in bytes, as sent and again once decompressed: compression buys nobody more memory. Senders batch
 * 1,000 to 5,000 records (0.4 to 2 MB); 32 MiB leaves room for imports and is half of the ledger's queue.
 */
export const BODY_BYTES_MAX = 32 * 1024 * 1024;

/** Decompressed bytes for each byte sent. Real access logs reach 10 to 60; a bomb needs 1,000 or more. */
export const DECOMPRESSION_RATIO_MAX = 250;

/** The ratio is judged only past this many decompressed bytes: short, very even bodies compress well and harm no one. */
export const DECOMPRESSION_RATIO_FREE_BYTES = 4 * 1024 * 1024;

/** Zstandard window as a power of two (8 MiB): all levels up to 19 stay within it, and it bounds a decoder's memory. */
export const ZSTD_WINDOW_LOG_MAX = 23;

/** Zstandard frames or gzip members in one body: each costs a decoder, so a body of a million empty ones is refused. */
export const COMPRESSED_FRAMES_MAX = 1_024;

/** Records in one body: with it a body's bookkeeping (ends, addresses, refusals) is bounded too. */
export const BODY_RECORDS_MAX = 250_000;

/** Nesting of one record's JSON: a record is flat with one level of labels; foreign lines nest a little more. */
export const JSON_DEPTH_MAX = 16;

/** Refusals told in full in one answer; the rest are counted and stand in the quarantine. */
export const REFUSALS_TOLD_MAX = 100;

/** Body bytes held by all requests together, from admission to answer: the doors' share of memory. */
export const IN_FLIGHT_BYTES_MAX = 192 * 1024 * 1024;

/** Buffers of answered bodies kept for the next ones: sixteen of the usual 2 MB, or one of the largest. */
export const BODY_POOL_BYTES_MAX = 64 * 1024 * 1024;

/** One sender's share of the bytes in flight: a third, so that no sender can shut the door on the others. */
export const IN_FLIGHT_SENDERS_MIN = 3;

/** Requests of one sender being received or written at once. */
export const IN_FLIGHT_SENDER_REQUESTS_MAX = 64;

/** Least bytes a request is admitted with, when it does not tell its length. */
export const IN_FLIGHT_RESERVE_BYTES = 64 * 1024;

/** Lines scanned before the event loop is given back (about 1 ms). */
export const SLICE_LINES_MAX = 2_000;

/** Lines parsed the slow way before the event loop is given back (about 2 ms). */
export const SLICE_PARSED_LINES_MAX = 200;

/** Seconds told in Retry-After when a sender is pushed back. */
export const RETRY_AFTER_SECONDS = 1;

/** Whole header in bytes: tokens and cookies are under 1 KiB. */
export const HEADER_BYTES_MAX = 16 * 1024;

/** Milliseconds for a connection to send its whole header. */
export const HEADERS_TIMEOUT_MS = 10_000;

/** Milliseconds without one byte of an announced body before the request is given up. */
export const BODY_IDLE_TIMEOUT_MS = 10_000;

/** Milliseconds for a whole body, however steadily it trickles. */
export const BODY_TIMEOUT_MS = 60_000;

/** Milliseconds an idle connection is kept for its next request; above the agent's own 60 s. */
export const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/** Open connections: each costs about 20 kB before it has sent anything. */
export const CONNECTIONS_MAX = 2_048;

/** Past this many, the connection that has been idle for longest is closed for each new one: idling shuts nobody out. */
export const CONNECTIONS_CROWDED = CONNECTIONS_MAX - 64;

/** Milliseconds for which the rest of a refused body is read and thrown away, so that the sender gets to read the answer. */
export const REFUSED_BODY_DRAIN_MS = 3_000;

/** Milliseconds that requests in flight get to finish when the collector closes. */
export const CLOSE_GRACE_MS = 10_000;

/** Milliseconds between two looks for connections that have become idle while the collector closes. */
export const CLOSE_IDLE_INTERVAL_MS = 20;

/** JSON bodies of the API proper (sign-in, tokens), in bytes. */
export const API_BODY_BYTES_MAX = 16 * 1024;

/**
 * Queries of one principal at the index at once: half of what it answers side by side, so that nobody's costly questions
 * hold up all others'. And how many more of its own may wait; the console asks about six at once.
 */
export const QUERIES_OF_ONE_MAX = 2;
export const QUERIES_OF_ONE_WAITING_MAX = 30;

/** Query text in characters. */
export const QUERY_CHARACTERS_MAX = 4_096;

/** Hits in one page of search. */
export const SEARCH_LIMIT_MAX = 1_000;
export const SEARCH_LIMIT_DEFAULT = 100;

/** Values of one top list. */
export const TOP_LIMIT_MAX = 1_000;
export const TOP_LIMIT_DEFAULT = 10;

/** Bars of one histogram. */
export const HISTOGRAM_BUCKETS_MAX = 1_000;
export const HISTOGRAM_BUCKETS_DEFAULT = 60;

/** Live tails of one principal at once: half of all that may be open (`followers/tail/limits.ts`), so that nobody holds them all. */
export const TAILS_OF_ONE_MAX = 16;

/** Bytes waiting in one tail client's socket before its records are dropped, counted and told. */
export const TAIL_CLIENT_BUFFER_BYTES_MAX = 1024 * 1024;

/** Milliseconds between a quiet tail's keep-alive comments: below the 30 s after which proxies close. */
export const TAIL_KEEP_ALIVE_MS = 15_000;

/** Keep-alives in a row that a client did not read before its tail is closed: a minute. */
export const TAIL_UNREAD_ALIVES_MAX = 4;

/** Milliseconds that a sign-in code may be used. */
export const SIGN_IN_CODE_TTL_MS = 10 * 60 * 1_000;

/** Sign-in codes waiting to be used; the oldest falls away. */
export const SIGN_IN_CODES_MAX = 64;

/** Milliseconds that a console session lasts. */
export const SESSION_TTL_MS = 12 * 60 * 60 * 1_000;

/** Console sessions kept; the oldest falls away. */
export const SESSIONS_MAX = 1_024;

/** Failed sign-ins (codes or tokens) of one address in a window, then 429. Codes have 160 bits: this spares the log, not the code. */
export const SIGN_IN_FAILURES_MAX = 20;
export const SIGN_IN_FAILURE_WINDOW_MS = 60_000;

/** Addresses whose failures are remembered. */
export const SIGN_IN_FAILURE_ADDRESSES_MAX = 4_096;

/** Tokens that are not revoked. */
export const TOKENS_MAX = 10_000;

/** Bytes of the quarantine: refused lines can fill this much, never the disk. Who sends the most rubbish loses its oldest. */
export const QUARANTINE_BYTES_MAX = 128 * 1024 * 1024;
/** Bytes of one of its files, which is what is dropped at once. */
export const QUARANTINE_FILE_BYTES_MAX = 8 * 1024 * 1024;

/** Bytes kept of one refused line. */
export const QUARANTINE_RAW_BYTES_MAX = 4 * 1024;

/** Refused lines kept of one body; the rest are one entry with their number. */
export const QUARANTINE_BODY_LINES_MAX = 1_000;

/** Reads by one principal within this many milliseconds are one record: a page of the console asks a dozen questions. */
export const ACCESS_GATHER_MS = 1_000;

/** Reads that one principal repeats within this many milliseconds are one record with a count. */
export const ACCESS_ROLLUP_MS = 60_000;

/** Principals whose reads are gathered at once; those of others are recorded one by one. */
export const ACCESS_ROLLUP_PRINCIPALS_MAX = 64;

/** Questions of one principal that are known as recorded, so that repeats are only counted. */
export const ACCESS_ROLLUP_QUESTIONS_MAX = 64;

/** Different questions in one record of reads, however short they are: more are not read with ease. */
export const ACCESS_RECORD_QUESTIONS_MAX = 16;

/** Bytes of the questions in one record of reads: they are one label's value. */
export const ACCESS_RECORD_QUERY_BYTES_MAX = 4_096;

/** A question is cut at this many characters where it is recorded: a label's value has 4,096 bytes. */
export const ACCESS_QUESTION_CHARACTERS_MAX = 1_000;

/** Records of the collector's own acts waiting for the ledger; past it they are counted and a `records-lost` record follows. */
export const SYSTEM_RECORDS_PENDING_MAX = 10_000;

/** Observers remembered for the status page; the one unseen for longest falls away. */
export const OBSERVERS_MAX = 10_000;

/** Observers that sign: each costs about 1 kB of memory. As many as are remembered. */
export const OBSERVER_KEYS_MAX = 10_000;

/** Milliseconds that an enrolment token may be used: it is made when an agent is being set up. */
export const ENROLMENT_TOKEN_TTL_MS = 24 * 60 * 60 * 1_000;

/** Milliseconds without a heartbeat (sent every 15 s) after which an agent counts as silent. */
export const OBSERVER_SILENT_MS = 45_000;

/** Milliseconds between two writes of the observers' state to the control store. */
export const OBSERVER_SAVE_MS = 5_000;

/** Streams numbered by the doors at once (one a sender that sends unnumbered records). */
export const DOOR_STREAMS_MAX = 10_000;

/** Bytes read at a time when records are imported in process. */
export const IMPORT_CHUNK_BYTES = 1024 * 1024;

/** Durable records that a search may not find yet before requests are held back: a third of a second's at 200,000 a second. */
export const PACE_LAG_RECORDS_MIN = 65_536;

/** From here on the index is catching up, and requests are not held back for it. */
export const PACE_LAG_RECORDS_MAX = 1_000_000;

/** Longest that a request is held back, in milliseconds, and how often it is looked whether it may go on. */
export const PACE_WAIT_MS_MAX = 250;
export const PACE_STEP_MS = 5;
