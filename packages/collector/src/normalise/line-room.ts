/** Bytes made room for at once, at most: enough for some thousand lines. */
const ROOM_BYTES_MAX = 1024 * 1024;
/** Lines that are numbered grow; twice the body holds those of most. */
const GROWTH = 2;

/** Memory that the lines which a body is rewritten to lie in one behind the other, so that they need not be joined. */
export class LineRoom {
  readonly #bytesWanted: number;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** For a body of so many bytes; nothing is allocated before it is asked for. */
  constructor(bodyBytes: number) {
    this.#bytesWanted = Math.min(ROOM_BYTES_MAX, bodyBytes * GROWTH);
  }

  /** A place with at least so many bytes left; what was used before stays as it is. */
  room(bytes: number): { readonly bytes: Buffer; readonly at: number } {
    if (this.#bytes.length - this.#at < bytes) {
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(this.#bytesWanted, bytes));
      this.#at = 0;
    }
    return { bytes: this.#bytes, at: this.#at };
  }

  /** Keeps the first bytes of the place given last. */
  use(bytes: number): void {
    this.#at += bytes;
  }
}
