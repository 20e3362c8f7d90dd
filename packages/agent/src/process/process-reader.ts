import { readFileSync, readlinkSync } from 'node:fs';
import { PROCESSES_MAX } from '../limits.ts';
import { BoundedCache } from './bounded-cache.ts';
import { parseCgroupFile } from './cgroup-file.ts';

/** What /proc tells about a process; absent means not permitted or gone before it was read. */
export type ProcessDetails = {
  readonly pid: number;
  readonly comm: string;
  readonly ppid: number;
  readonly parentComm?: string;
  /** Field 22 of /proc/pid/stat: clock ticks since boot. Together with pid it names one process. */
  readonly startTicks: number;
  readonly uid?: number;
  /** Absent when unset. */
  readonly loginUid?: number;
  readonly exe?: string;
  readonly cgroupPath?: string;
};

export type ProcessStat = {
  readonly comm: string;
  readonly ppid: number;
  readonly startTicks: number;
};

/** 2^32 − 1: no login uid was set. */
const LOGIN_UID_UNSET = 4_294_967_295;

/** Parses /proc/pid/stat (proc_pid_stat(5)); the name stands in parentheses and may hold spaces and parentheses. */
export function parseStat(text: string): ProcessStat | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(' ');
  const ppid = Number(fields[1]);
  const startTicks = Number(fields[19]);
  if (!Number.isSafeInteger(ppid) || !Number.isSafeInteger(startTicks)) return undefined;
  return { comm: text.slice(open + 1, close), ppid, startTicks };
}

/** Parses /proc/pid/loginuid; undefined when unset. */
export function parseLoginUid(text: string): number | undefined {
  const uid = Number(text.trim());
  return text.trim() === '' || !Number.isSafeInteger(uid) || uid < 0 || uid === LOGIN_UID_UNSET ? undefined : uid;
}

/** The effective uid of /proc/pid/status. */
export function parseStatusUid(text: string): number | undefined {
  const matched = /^Uid:\t\d+\t(\d+)/m.exec(text);
  return matched?.[1] === undefined ? undefined : Number(matched[1]);
}

/** Reads /proc, tolerant of processes that vanish, and remembers what it read for as long as the process lives. */
export class ProcessReader {
  readonly #proc: string;
  readonly #known = new BoundedCache<number, ProcessDetails>(PROCESSES_MAX);

  constructor(proc = '/proc') {
    this.#proc = proc;
  }

  /** A process keeps its pid and start but changes name, user and program on exec, so those are read again. */
  read(pid: number): ProcessDetails | undefined {
    const statText = this.text(pid, 'stat');
    const stat = statText === undefined ? undefined : parseStat(statText);
    if (stat === undefined) {
      this.#known.delete(pid);
      return undefined;
    }
    const known = this.#known.get(pid);
    if (known !== undefined && known.startTicks === stat.startTicks && known.comm === stat.comm) return known;
    const details = this.#details(pid, stat);
    this.#known.set(pid, details);
    return details;
  }

  #details(pid: number, stat: ProcessStat): ProcessDetails {
    const status = this.text(pid, 'status');
    const uid = status === undefined ? undefined : parseStatusUid(status);
    const login = this.text(pid, 'loginuid');
    const loginUid = login === undefined ? undefined : parseLoginUid(login);
    const exe = this.#exe(pid);
    const cgroup = this.text(pid, 'cgroup');
    const cgroupPath = cgroup === undefined ? undefined : parseCgroupFile(cgroup);
    const parentComm = stat.ppid > 0 ? this.text(stat.ppid, 'comm')?.trimEnd() : undefined;
    return {
      pid,
      ...stat,
      ...(uid === undefined ? {} : { uid }),
      ...(loginUid === undefined ? {} : { loginUid }),
      ...(exe === undefined ? {} : { exe }),
      ...(cgroupPath === undefined ? {} : { cgroupPath }),
      ...(parentComm === undefined ? {} : { parentComm }),
    };
  }

  /** Text of one of the process's files; undefined when it is gone or not ours to read. */
  text(pid: number, file: string): string | undefined {
    try {
      return readFileSync(`${this.#proc}/${pid}/${file}`, 'utf8');
    } catch {
      return undefined;
    }
  }

  #exe(pid: number): string | undefined {
    try {
      return readlinkSync(`${this.#proc}/${pid}/exe`);
    } catch {
      return undefined;
    }
  }
}
