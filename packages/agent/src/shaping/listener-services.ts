import { LISTENERS_MAX } from '../limits.ts';
import { BoundedCache } from '../process/bounded-cache.ts';

type Listener = { readonly ip: string; readonly netns: number | undefined; readonly member: string };

/** Which service listens on which port of this host, to name the called service on the caller's side as well. */
export class ListenerServices {
  readonly #ports = new BoundedCache<number, readonly Listener[]>(LISTENERS_MAX);

  /** @param member the finished `"dest_service":…,` of the listener's owner */
  opened(ip: string, port: number, netns: number | undefined, member: string): void {
    const others = this.#others(ip, port, netns);
    if (member !== '') this.#ports.set(port, [...others, { ip, netns, member }]);
  }

  closed(ip: string, port: number, netns: number | undefined): void {
    const others = this.#others(ip, port, netns);
    if (others.length === 0) this.#ports.delete(port);
    else this.#ports.set(port, others);
  }

  /** The member of the listener that answers at this address in this network namespace, or nothing. */
  member(ip: string, port: number, netns: number | undefined): string {
    const listeners = this.#ports.peek(port);
    if (listeners === undefined) return '';
    let any = '';
    for (const listener of listeners) {
      if (listener.netns !== netns) continue;
      if (listener.ip === ip) return listener.member;
      if (listener.ip === '::' || (listener.ip === '0.0.0.0' && !ip.includes(':'))) any = listener.member;
    }
    return any;
  }

  #others(ip: string, port: number, netns: number | undefined): readonly Listener[] {
    const listeners = this.#ports.peek(port) ?? [];
    return listeners.filter((listener) => listener.ip !== ip || listener.netns !== netns);
  }
}
