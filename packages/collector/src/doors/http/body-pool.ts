/** Smallest buffer worth keeping: below it allocation costs nothing. */
const KEPT_BYTES_MIN = 64 * 1024;

/**
 * Buffers of answered requests, kept for the next ones. Bodies are the largest thing the collector allocates; made anew
 * for each request they kept the garbage collector busy for a fifth of all processor time under load.
 */
export class BodyPool {
  readonly #keptBytesMax: number;
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;

  /** Keeps at most so many bytes; buffers beyond that are left to the garbage collector. */
  constructor(keptBytesMax: number) {
    this.#keptBytesMax = keptBytesMax;
  }

  /** A buffer of at least so many bytes, its content whatever it was. */
  take(bytes: number): Buffer {
    const at = this.#kept.findLastIndex((buffer) => buffer.length >= bytes);
    if (at === -1) return Buffer.allocUnsafeSlow(bytes < KEPT_BYTES_MIN ? bytes : ceilingPowerOfTwo(bytes));
    const [buffer] = this.#kept.splice(at, 1);
    this.#keptBytes -= buffer?.length ?? 0;
    return buffer ?? Buffer.allocUnsafeSlow(bytes);
  }

  /** Gives a buffer back. Nobody may read or write it afterwards. */
  give(buffer: Buffer): void {
    if (buffer.length < KEPT_BYTES_MIN || this.#keptBytes + buffer.length > this.#keptBytesMax) return;
    this.#kept.push(buffer);
    this.#keptBytes += buffer.length;
  }
}

function ceilingPowerOfTwo(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes));
}
