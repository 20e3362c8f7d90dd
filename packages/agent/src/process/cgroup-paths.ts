import { readdirSync, statSync } from 'node:fs';
import { CGROUP_WALK_REST_MS, CGROUPS_MAX } from '../limits.ts';
import { BoundedCache } from './bounded-cache.ts';

/** Where the unified hierarchy is mounted on unified and hybrid hosts. */
const MOUNTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'] as const;

/**
 * Path of a cgroup by the id that the kernel gives, which is the inode number of its directory on the unified
 * hierarchy. Ids learned from live processes are kept; an unknown one makes the tree be walked, with a rest between
 * walks, so that a process that is gone already can still be told by its cgroup.
 */
export class CgroupPaths {
  readonly #now: () => number;
  readonly #mounts: readonly string[];
  readonly #known = new BoundedCache<bigint, string>(CGROUPS_MAX);
  #restUntilMs = 0;

  /** @param now a monotonic clock in milliseconds */
  constructor(now: () => number, mounts: readonly string[] = MOUNTS) {
    this.#now = now;
    this.#mounts = mounts;
  }

  learn(id: bigint, path: string): void {
    if (this.#known.peek(id) === undefined) this.#known.set(id, path);
  }

  path(id: bigint): string | undefined {
    const known = this.#known.get(id);
    if (known !== undefined || this.#now() < this.#restUntilMs) return known;
    let left = CGROUPS_MAX;
    for (const mount of this.#mounts) left = this.#walk(mount, '', left);
    this.#restUntilMs = this.#now() + CGROUP_WALK_REST_MS;
    return this.#known.get(id);
  }

  /** Breadth first, so that a bound cuts the leaves and not whole branches. Returns how many more may be visited. */
  #walk(mount: string, root: string, visitsMax: number): number {
    const queue = [root];
    let left = visitsMax;
    for (let path = queue.shift(); path !== undefined && left > 0; path = queue.shift()) {
      left -= 1;
      try {
        const { ino } = statSync(mount + path, { bigint: true });
        if (path !== '') this.#known.set(ino, path);
        for (const entry of readdirSync(mount + path, { withFileTypes: true })) {
          if (entry.isDirectory()) queue.push(`${path}/${entry.name}`);
        }
      } catch {
        // A cgroup is removed with its last process, also during the walk.
      }
    }
    return left;
  }
}
