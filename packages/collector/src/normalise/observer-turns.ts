/**
 * One thing after the other for each observer: between the check of a batch against its stream and the moment that it is
 * in the ledger nothing else may change that stream or the observer's key. An agent sends one request at a time anyway.
 */
export class ObserverTurns {
  readonly #last = new Map<string, Promise<void>>();

  async take<T>(observer: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(observer);
    const held = Promise.withResolvers<void>();
    this.#last.set(observer, held.promise);
    try {
      await before;
      return await work();
    } finally {
      if (this.#last.get(observer) === held.promise) this.#last.delete(observer);
      held.resolve();
    }
  }
}
