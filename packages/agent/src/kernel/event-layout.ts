/**
 * How events lie in the ring and in the slots; the writer is kernel/capture.h: change both together. Places are in
 * 32-bit little-endian words from an event's start, so that one typed array reads everything.
 */

export const KIND = {
  process: 1,
  opened: 2,
  closed: 3,
  failed: 4,
  listening: 5,
  listenerClosed: 6,
  turnedAway: 7,
  standing: 8,
} as const;
export const KINDS_COUNT = 9;

export const OUTCOME = { emitted: 0, ringFull: 1, noRoom: 2 } as const;
export const OUTCOMES_COUNT = 3;
/** 64-bit numbers in the tally of one CPU. */
export const TALLY_COUNTS = KINDS_COUNT * OUTCOMES_COUNT + 3;
export const TALLY_FOLDED_LOST = KINDS_COUNT * OUTCOMES_COUNT;
export const TALLY_NESTED = TALLY_FOLDED_LOST + 1;

export const FLAG = {
  active: 1,
  accepted: 2,
  standing: 4,
  told: 8,
  untracked: 16,
  listener: 32,
} as const;

export const TCP_STATE = { established: 1, synSent: 2, closeWait: 8, listen: 10 } as const;

/** Places in a socket event. The first word holds kind, family, flags and state, a byte each. */
export const SOCKET = {
  head: 0,
  ending: 1,
  time: 2,
  start: 4,
  bytesSent: 6,
  bytesReceived: 8,
  local: 10,
  remote: 14,
  ports: 18,
  netns: 19,
  process: 20,
  tgid: 21,
  packetsSent: 22,
  packetsReceived: 23,
} as const;
export const SOCKET_EVENT_BYTES = 96;

/** Places in a process event. */
export const PROCESS = {
  head: 0,
  process: 1,
  tgid: 2,
  parentTgid: 3,
  uid: 4,
  loginUid: 5,
  start: 6,
  cgroupId: 8,
  comm: 10,
  parentComm: 14,
  pathBytes: 18,
  exe: 20,
  cgroup: 276,
} as const;
export const PROCESS_EVENT_BYTES = 1_872;
export const COMM_BYTES = 16;

/** A slot is a 64-bit word (generation and state) and a socket event. */
export const SLOT_BYTES = 8 + SOCKET_EVENT_BYTES;
export const SLOT_STATE_BITS = 2n;
export const SLOT_STATE = { free: 0n, filling: 1n, open: 2n, told: 3n } as const;
export const CURSOR_BYTES = 64;

const LOW_WORD = 4_294_967_296;

/** A 64-bit number at a word; exact up to 2^53 (for nanoseconds of uptime: 104 days, then to the nearest two). */
export function wide(words: Uint32Array, at: number): number {
  return (words[at] ?? 0) + (words[at + 1] ?? 0) * LOW_WORD;
}
