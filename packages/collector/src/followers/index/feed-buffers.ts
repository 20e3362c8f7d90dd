/**
 * Memory that lines travel in to the index's thread and come back in for the next ones. Made anew for each chunk it would
 * be the follower's whole garbage, and collecting it cost more than copying.
 */
export class FeedBuffers {
  readonly #free: ArrayBuffer[] = [];
  readonly #freeMax: number;

  /** Keeps at most so many; what comes back beyond that is left to the garbage collector. */
  constructor(freeMax: number) {
    this.#freeMax = freeMax;
  }

  /** A copy of the bytes, in memory that may be handed over to another thread. */
  copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const at = this.#free.findLastIndex((buffer) => buffer.byteLength >= bytes.length);
    const [buffer] = at === -1 ? [] : this.#free.splice(at, 1);
    const copy = new Uint8Array(
      buffer ?? new ArrayBuffer(2 ** Math.ceil(Math.log2(bytes.length + 1))),
      0,
      bytes.length,
    );
    copy.set(bytes);
    return copy;
  }

  takeBack(buffers: readonly ArrayBuffer[]): void {
    for (const buffer of buffers) if (this.#free.length < this.#freeMax) this.#free.push(buffer);
  }
}
