import { NOTE_BYTES_MAX } from '@portledger/format';

/** Consistency proof lines of a request: more than 63 no client may send (C2SP tlog-witness, "add-checkpoint"). */
export const PROOF_LINES_MAX = 63;
/** Bytes of a request's body: old size line, proof lines of 45 bytes each, and a checkpoint's note. */
export const REQUEST_BYTES_MAX = NOTE_BYTES_MAX + PROOF_LINES_MAX * 45 + 64;
/** Bytes of an answer that a client reads: some hundred cosignatures; a witness sends one or a few. */
export const ANSWER_BYTES_MAX = 65_536;

/** Requests of one log that wait for the one before them; past it they are pushed back. A log has one sequencer. */
export const WAITING_PER_LOG_MAX = 16;
/** Requests that a witness works on at once; past it they are pushed back before their body is read. */
export const REQUESTS_MAX = 128;
/** Open connections of a witness's server. */
export const CONNECTIONS_MAX = 512;
/** Bytes of a request's header lines. */
export const HEADER_BYTES_MAX = 8_192;
/** Logs that a witness accepts, each with at most one stored checkpoint. */
export const LOGS_MAX = 4_096;

/** Milliseconds that a client has for sending a whole request. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** Milliseconds for which an idle connection is kept for the next request. */
export const KEEP_ALIVE_TIMEOUT_MS = 60_000;
/** Milliseconds that requests under way have to end when the server closes. */
export const CLOSE_TIMEOUT_MS = 5_000;

/** Milliseconds that a client waits for one answer of a witness. */
export const ANSWER_TIMEOUT_MS = 10_000;
/** Requests of a client to one witness for one checkpoint: a first, one with the size told, one more if that moved. */
export const ATTEMPTS_MAX = 3;
/** Witnesses asked for one checkpoint; as many as every reader of a policy must take. */
export const WITNESSES_MAX = 32;
