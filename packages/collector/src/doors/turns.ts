/**
 * Shares the event loop between senders: each waits for its turn before every slice of a body, and turns go round the
 * senders, not the bodies. A sender with a hundred bodies of refused lines delays a neighbour by one slice, about 2 ms.
 */
export class Turns {
  readonly #waiting = new Map<string, (() => void)[]>();
  #isScheduled = false;

  /** Resolves when `sender` may compute for another slice. */
  next(sender: string): Promise<void> {
    const turn = Promise.withResolvers<void>();
    const queue = this.#waiting.get(sender);
    if (queue === undefined) this.#waiting.set(sender, [turn.resolve]);
    else queue.push(turn.resolve);
    this.#schedule();
    return turn.promise;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.size === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#give();
      this.#schedule();
    });
  }

  #give(): void {
    for (const [sender, queue] of this.#waiting) {
      // To the end of the round: Map keeps the order of insertion.
      this.#waiting.delete(sender);
      const resolve = queue.shift();
      if (queue.length > 0) this.#waiting.set(sender, queue);
      resolve?.();
      return;
    }
  }
}
