import { PENDING_BYTES_KEPT, PENDING_BYTES_MAX } from '../limits.ts';

const FIRST_BYTES = 65_536;

/**
 * Lines waiting for the disk, already as bytes: a line is built of many small strings, which are gone with the next
 * small collection when it is encoded at once, and would be carried along if they waited.
 */
export class PendingLines {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #size = 0;
  #count = 0;
  #firstSeq = 0;
  #spare: Buffer<ArrayBuffer> | undefined;

  get size(): number {
    return this.#size;
  }

  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#size >= PENDING_BYTES_MAX;
  }

  /** @param line without newline, as text or already as UTF-8 */
  add(line: string | Uint8Array, seq: number): void {
    if (this.#count === 0) this.#firstSeq = seq;
    if (typeof line === 'string') {
      // A UTF-16 unit takes at most three bytes of UTF-8.
      this.#makeRoom(line.length * 3 + 1);
      this.#size += this.#bytes.write(line, this.#size, 'utf8');
    } else {
      this.#makeRoom(line.length + 1);
      this.#bytes.set(line, this.#size);
      this.#size += line.length;
    }
    this.#bytes[this.#size] = 0x0a;
    this.#size += 1;
    this.#count += 1;
  }

  /** Hands over everything; the bytes are valid until `release` or `putBack`. */
  take(): TakenLines {
    const taken = { bytes: this.#bytes.subarray(0, this.#size), count: this.#count, firstSeq: this.#firstSeq };
    this.#bytes = this.#spare ?? Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.#spare = undefined;
    this.#size = 0;
    this.#count = 0;
    return taken;
  }

  /** The taken lines are on the disk; their memory is used again unless a burst has made it large. */
  release(taken: TakenLines): void {
    const { buffer } = taken.bytes;
    if (buffer.byteLength <= PENDING_BYTES_KEPT && taken.bytes.byteOffset === 0) this.#spare = Buffer.from(buffer);
  }

  /** The disk has refused them: they go back in front of what has come since. */
  putBack(taken: TakenLines): void {
    // Never from Node's shared pool: `release` takes the whole memory behind the bytes for use again.
    const both = Buffer.allocUnsafeSlow(taken.bytes.length + this.#size);
    taken.bytes.copy(both);
    this.#bytes.copy(both, taken.bytes.length, 0, this.#size);
    this.#bytes = both;
    this.#size = both.length;
    this.#count += taken.count;
    this.#firstSeq = taken.firstSeq;
  }

  #makeRoom(bytes: number): void {
    if (this.#size + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#size + bytes));
    this.#bytes.copy(grown, 0, 0, this.#size);
    this.#bytes = grown;
  }
}

export type TakenLines = { readonly bytes: Buffer<ArrayBuffer>; readonly count: number; readonly firstSeq: number };
