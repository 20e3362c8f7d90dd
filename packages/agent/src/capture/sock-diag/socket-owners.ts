import { readdirSync, readlinkSync } from 'node:fs';
import { OWNER_SCAN_BURST_MS, OWNER_SCAN_PART } from '../../limits.ts';

const SOCKET_LINK = /^socket:\[(\d+)\]$/;

/**
 * Finds which process holds a socket, by its inode, in /proc/pid/fd. A full search reads every open file of every
 * process that may be read, so over time it may take OWNER_SCAN_PART of a core and no more; processes known to own
 * sockets are always asked first, which finds what servers accept without a full search.
 */
export class SocketOwners {
  readonly #proc: string;
  readonly #now: () => number;
  /** Processes that owned a socket when last looked at. */
  readonly #holders = new Set<number>();
  #budgetMs = OWNER_SCAN_BURST_MS;
  #refilledMs: number;

  /** @param now a monotonic clock in milliseconds */
  constructor(now: () => number, proc = '/proc') {
    this.#now = now;
    this.#refilledMs = now();
    this.#proc = proc;
  }

  /** inode → pid of what was found; an inode shared by several processes goes to the lowest pid, the one that forked. */
  find(inodes: ReadonlySet<number>): ReadonlyMap<number, number> {
    const found = new Map<number, number>();
    const wanted = new Set(inodes);
    wanted.delete(0);
    if (wanted.size === 0) return found;
    for (const pid of [...this.#holders].sort((a, b) => a - b)) {
      if (wanted.size === 0) return found;
      if (!this.#ask(pid, wanted, found)) this.#holders.delete(pid);
    }
    const startMs = this.#now();
    if (wanted.size === 0 || !this.#mayScan(startMs)) return found;
    for (const pid of this.#pids()) {
      if (wanted.size === 0) break;
      if (!this.#holders.has(pid)) this.#ask(pid, wanted, found);
    }
    this.#budgetMs -= this.#now() - startMs;
    return found;
  }

  #mayScan(nowMs: number): boolean {
    const earnedMs = (nowMs - this.#refilledMs) * OWNER_SCAN_PART;
    this.#refilledMs = nowMs;
    this.#budgetMs = Math.min(this.#budgetMs + earnedMs, OWNER_SCAN_BURST_MS);
    return this.#budgetMs > 0;
  }

  #pids(): number[] {
    try {
      return readdirSync(this.#proc)
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
        .sort((a, b) => a - b);
    } catch {
      return [];
    }
  }

  /** False when the process is gone or not ours to look into. */
  #ask(pid: number, wanted: Set<number>, found: Map<number, number>): boolean {
    let names: string[];
    try {
      names = readdirSync(`${this.#proc}/${pid}/fd`);
    } catch {
      return false;
    }
    for (const name of names) {
      const inode = this.#socketInode(`${this.#proc}/${pid}/fd/${name}`);
      if (inode === undefined || !wanted.delete(inode)) continue;
      found.set(inode, pid);
      this.#holders.add(pid);
    }
    return true;
  }

  #socketInode(path: string): number | undefined {
    try {
      const [, inode] = SOCKET_LINK.exec(readlinkSync(path)) ?? [];
      return inode === undefined ? undefined : Number(inode);
    } catch {
      return undefined;
    }
  }
}
