import { CONTAINERS_MAX, USER_TTL_MS } from '../limits.ts';
import { BoundedCache } from '../process/bounded-cache.ts';
import { readPasswd } from './passwd-file.ts';

type Known = { readonly names: ReadonlyMap<number, string>; readonly untilMs: number };

/**
 * Names of users inside containers, from the container's own passwd file through /proc/pid/root: uid 999 of a container
 * is not uid 999 of the host, and naming it after the host's user would put an access on the wrong person.
 */
export class ContainerUsers {
  readonly #now: () => number;
  readonly #proc: string;
  readonly #known = new BoundedCache<string, Known>(CONTAINERS_MAX);

  /** @param now a monotonic clock in milliseconds */
  constructor(now: () => number, proc = '/proc') {
    this.#now = now;
    this.#proc = proc;
  }

  name(container: string, pid: number, uid: number): string | undefined {
    const known = this.#known.get(container);
    if (known !== undefined && this.#now() < known.untilMs) return known.names.get(uid);
    const names = readPasswd(`${this.#proc}/${pid}/root/etc/passwd`) ?? known?.names;
    // The process may be gone already while others of the container live on: nothing is remembered then.
    if (names === undefined) return undefined;
    this.#known.set(container, { names, untilMs: this.#now() + USER_TTL_MS });
    return names.get(uid);
  }
}
