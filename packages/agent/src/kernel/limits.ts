/** Every bound of capture in the kernel, with its unit and the reason for it. Those marked = are also in capture.h. */

/** Default bytes of the ring: two seconds of 20,000 short connections a second with both ends here. Counts as RSS. */
export const RING_BYTES = 8_388_608;
/** Smallest and largest ring, bytes: a page holds few events; above a gigabyte the kernel refuses. */
export const RING_BYTES_MIN = 4_096;
export const RING_BYTES_MAX = 1_073_741_824;
/** Bytes of the ring while only trying whether capture works; every page size divides it. */
export const PROBE_RING_BYTES = 65_536;
/** Milliseconds between two readings of the ring when there is little in it, and when it fills. */
export const POLL_IDLE_MS = 100;
export const POLL_BUSY_MS = 5;
/** Part of the ring that may fill between two readings before the next one comes sooner. */
export const RING_BUSY_PART = 0.125;
/** Part of the ring from which on the reader is behind, and below which it has caught up. */
export const RING_PRESSED_PART = 0.5;
export const RING_RELIEVED_PART = 0.125;
/** Ring events read in one turn, so that in a flood what waits for disk and network gets its turn after a few ms. */
export const EVENTS_PER_TURN_MAX = 512;
/** Ring events after which their room is given back to the kernel. */
export const EVENTS_PER_RELEASE = 128;
/** Milliseconds that a stop waits for room for what is still in the ring; then it is handed over regardless. */
export const STOP_READ_MS = 2_000;
/** = Slots of recent openings for each CPU. */
export const SLOTS_PER_CPU = 256;
/** Milliseconds that a connection must stand before its opening is told by itself; shorter ones come in one event. */
export const OPEN_TOLD_AFTER_MS = 100;
/** Milliseconds that a received connection may wait for a process to use it before it is told with its listener's owner. */
export const UNTAKEN_TOLD_AFTER_MS = 1_000;
/** Received connections waiting for their process; beyond it they are told with their listener's owner at once. */
export const UNTAKEN_MAX = 4_096;
/** Looking through all open files for t is followed by t × this of rest, so it takes at most 4 % of a core. */
export const FILE_PASS_REST_FACTOR = 25;
/** A pass longer than this (milliseconds) is too dear to be repeated for each lasting connection: watch reads instead. */
export const FILE_PASS_SLOW_MS = 5;
/** Most bytes that a pass over the open files can return: it prints nothing. */
export const FILE_PASS_READ_BYTES = 4_096;
/** Listeners whose owner is remembered, also after they closed: what they received may outlive them. */
export const LISTENERS_MAX = 16_384;
/** Processes remembered; the longest unused that no longer run go first. */
export const PROCESSES_MAX = 65_536;
/** Processes looked at in one turn when the table is full. */
export const PROCESS_EVICTIONS_PER_TURN = 64;
/** Paths kept once for all processes that share them. */
export const PATHS_MAX = 4_096;
/** Addresses whose text is kept. */
export const ADDRESSES_MAX = 8_192;
/** Milliseconds between two measurements of the wall clock against the monotonic one: a clock step shows within it. */
export const CLOCK_INTERVAL_MS = 1_000;
/** Tries of a measurement, the tightest counts. */
export const CLOCK_TRIES = 4;
/** Bytes of the verifier's log: enough for the line that says why. */
export const VERIFIER_LOG_BYTES = 1_048_576;
