import { TAILS_OF_ONE_MAX } from '../limits.ts';

/** Counts open live tails, those of each principal, and what slow ones lost. */
export class TailClients {
  readonly #ofOne = new Map<string, number>();
  #open = 0;
  #dropped = 0;
  #recordsSent = 0;

  get open(): number {
    return this.#open;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get recordsSent(): number {
    return this.#recordsSent;
  }

  /** False when this principal has as many open as it may. */
  enter(name: string): boolean {
    const own = this.#ofOne.get(name) ?? 0;
    if (own >= TAILS_OF_ONE_MAX) return false;
    this.#ofOne.set(name, own + 1);
    this.#open += 1;
    return true;
  }

  leave(name: string): void {
    const left = (this.#ofOne.get(name) ?? 1) - 1;
    if (left === 0) this.#ofOne.delete(name);
    else this.#ofOne.set(name, left);
    this.#open -= 1;
  }

  noteSent(): void {
    this.#recordsSent += 1;
  }

  noteDropped(count: number): void {
    this.#dropped += count;
  }
}
