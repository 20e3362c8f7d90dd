import type { Owner } from '../capture/capture-event.ts';
import { LISTENERS_MAX } from './limits.ts';

const ANY = { 4: ['0.0.0.0', '::'], 6: ['::'] } as const;

/** Who listens where, to answer for connections that no process has taken. Entries outlive their listener. */
export class ListenerOwners {
  readonly #owners = new Map<string, Owner>();

  opened(netns: number, ip: string, port: number, owner: Owner): void {
    const key = keyOf(netns, ip, port);
    this.#owners.delete(key);
    this.#owners.set(key, owner);
    if (this.#owners.size <= LISTENERS_MAX) return;
    const [oldest] = this.#owners.keys();
    if (oldest !== undefined) this.#owners.delete(oldest);
  }

  /** The owner of the listener that receives connections to this address, as far as it is known. */
  owner(netns: number, ip: string, port: number, family: 4 | 6): Owner | undefined {
    const exact = this.#owners.get(keyOf(netns, ip, port));
    if (exact !== undefined) return exact;
    for (const any of ANY[family]) {
      const owner = this.#owners.get(keyOf(netns, any, port));
      if (owner !== undefined) return owner;
    }
    return undefined;
  }
}

function keyOf(netns: number, ip: string, port: number): string {
  return `${netns} ${ip} ${port}`;
}
