import {
  KIND,
  KINDS_COUNT,
  OUTCOME,
  OUTCOMES_COUNT,
  TALLY_COUNTS,
  TALLY_FOLDED_LOST,
  TALLY_NESTED,
} from './event-layout.ts';
import type { KernelObject } from './kernel-object.ts';
import type { Libbpf } from './libbpf.ts';

/** Place and size of `recursion_misses` in struct bpf_prog_info (include/uapi/linux/bpf.h). */
const MISSES_AT = 208;
const PROGRAM_INFO_BYTES = 232;

/** What the kernel programs counted since they were loaded. */
export type Tallies = {
  /** Socket events put into the ring. */
  readonly emitted: number;
  /** Records lost because the ring was full: an event that would have told opening and closing counts twice. */
  readonly ringFull: number;
  /** Openings that found no memory for their owner. */
  readonly noRoom: number;
  /** Processes described, and not described for want of room in the ring (described again with their next socket). */
  readonly processes: number;
  readonly processesRingFull: number;
  /** State changes that came while the same CPU was handling another one, seen by the program for that. */
  readonly nested: number;
  /** Those of them that neither program saw. */
  readonly skipped: number;
};

/** Reads the counts of all CPUs and adds them up. */
export function readTallies(libbpf: Libbpf, object: KernelObject): Tallies {
  const values = Buffer.alloc(TALLY_COUNTS * 8 * object.cpus);
  libbpf.lookup(object.mapFd('tallies'), Buffer.alloc(4), values);
  const sum = (count: number) => {
    let total = 0;
    for (let cpu = 0; cpu < object.cpus; cpu++) {
      total += Number(values.readBigUInt64LE((cpu * TALLY_COUNTS + count) * 8));
    }
    return total;
  };
  const of = (kind: number, outcome: number) => sum(kind * OUTCOMES_COUNT + outcome);
  const ofSockets = (outcome: number) => {
    let total = 0;
    for (let kind: number = KIND.opened; kind < KINDS_COUNT; kind++) total += of(kind, outcome);
    return total;
  };
  return {
    emitted: ofSockets(OUTCOME.emitted),
    ringFull: ofSockets(OUTCOME.ringFull) + sum(TALLY_FOLDED_LOST),
    noRoom: ofSockets(OUTCOME.noRoom),
    processes: of(KIND.process, OUTCOME.emitted),
    processesRingFull: of(KIND.process, OUTCOME.ringFull),
    nested: sum(TALLY_NESTED),
    skipped: Math.max(0, readSkipped(libbpf, object) - sum(TALLY_NESTED)),
  };
}

function readSkipped(libbpf: Libbpf, object: KernelObject): number {
  const info = Buffer.alloc(PROGRAM_INFO_BYTES);
  const size = Uint32Array.of(PROGRAM_INFO_BYTES);
  if (libbpf.programInfo(object.programFd('on_state'), info, size) !== 0) return 0;
  return Number(info.readBigUInt64LE(MISSES_AT));
}
