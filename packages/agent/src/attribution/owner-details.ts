import type { Owner } from '../capture/capture-event.ts';
import type { CgroupPaths } from '../process/cgroup-paths.ts';
import type { ProcessDetails, ProcessReader } from '../process/process-reader.ts';

/** Nanoseconds of a clock tick of /proc/pid/stat: USER_HZ is 100 on every Linux architecture that Node runs on. */
const TICK_NS = 10_000_000n;

/**
 * Adds from /proc and the cgroup tree what a capture source left open. What the source said stands: it saw the process
 * at the moment of the event, /proc tells of now.
 */
export class OwnerDetails {
  readonly #processes: ProcessReader;
  readonly #cgroups: CgroupPaths;

  constructor(processes: ProcessReader, cgroups: CgroupPaths) {
    this.#processes = processes;
    this.#cgroups = cgroups;
  }

  complete(owner: Owner): Owner {
    const whole =
      owner.exe !== undefined &&
      owner.cgroupPath !== undefined &&
      owner.ppid !== undefined &&
      owner.parentComm !== undefined;
    const live = whole || owner.pid <= 0 ? undefined : this.#live(owner);
    const cgroupPath = owner.cgroupPath ?? this.#cgroupPath(owner, live);
    const exe = owner.exe ?? live?.exe;
    const ppid = owner.ppid ?? live?.ppid;
    const parentComm = owner.parentComm ?? (live?.ppid === ppid ? live?.parentComm : undefined);
    return {
      ...owner,
      ...(exe === undefined ? {} : { exe }),
      ...(ppid === undefined ? {} : { ppid }),
      ...(parentComm === undefined ? {} : { parentComm }),
      ...(cgroupPath === undefined ? {} : { cgroupPath }),
    };
  }

  #cgroupPath(owner: Owner, live: ProcessDetails | undefined): string | undefined {
    if (owner.cgroupId === undefined) return live?.cgroupPath;
    if (live?.cgroupPath !== undefined) this.#cgroups.learn(owner.cgroupId, live.cgroupPath);
    return live?.cgroupPath ?? this.#cgroups.path(owner.cgroupId);
  }

  /** The process of that pid, if it is still the same program: pids are used again, and exec changes the rest. */
  #live(owner: Owner): ProcessDetails | undefined {
    const details = this.#processes.read(owner.pid);
    if (details === undefined || details.comm !== owner.comm) return undefined;
    if (owner.startNs === undefined) return details;
    const apart = owner.startNs / TICK_NS - BigInt(details.startTicks);
    return apart >= -1n && apart <= 1n ? details : undefined;
  }
}
