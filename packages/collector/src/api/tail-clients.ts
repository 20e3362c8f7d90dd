import { TAIL_CLIENTS_MAX } from '../limits.ts';

/** Counts open live tails, and what slow ones lost. */
export class TailClients {
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

  /** False when as many as may are open. */
  enter(): boolean {
    if (this.#open >= TAIL_CLIENTS_MAX) return false;
    this.#open += 1;
    return true;
  }

  leave(): void {
    this.#open -= 1;
  }

  noteSent(): void {
    this.#recordsSent += 1;
  }

  noteDropped(count: number): void {
    this.#dropped += count;
  }
}
