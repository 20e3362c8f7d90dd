import { VALUE_BYTES, type ColumnKind } from './columns.ts';

/** Rows of one of DuckDB's vectors. */
export const VECTOR_ROWS = 2048;

/** Longest text that DuckDB keeps inside its 16-byte string; longer ones are a length, four bytes and a pointer. */
const INLINE_BYTES = 12;

/**
 * The values of one column for up to 2,048 rows, laid out as DuckDB's vectors are (`duckdb_string_t` of its C header),
 * so that a whole column goes over in one copy instead of one call a value.
 */
export class ColumnBuffer {
  readonly kind: ColumnKind;
  readonly data: ArrayBuffer;
  /** One bit a row, 1 = there is a value. */
  readonly validity = new ArrayBuffer(VECTOR_ROWS / 8);
  readonly #words: Uint32Array;
  readonly #halves: Uint16Array;
  readonly #valid: Uint8Array;
  /** Whether any row has a value. */
  used = false;

  constructor(kind: ColumnKind) {
    this.kind = kind;
    this.data = new ArrayBuffer(VECTOR_ROWS * VALUE_BYTES[kind]);
    this.#words = new Uint32Array(this.data);
    this.#halves = new Uint16Array(this.data);
    this.#valid = new Uint8Array(this.validity);
  }

  /** Empties every row. */
  reset(): void {
    if (!this.used) return;
    this.#words.fill(0);
    this.#valid.fill(0);
    this.used = false;
  }

  setPort(row: number, value: number): void {
    this.#mark(row);
    this.#halves[row] = value;
  }

  /** A non-negative safe integer as 64 bits. */
  setInteger(row: number, value: number): void {
    this.#mark(row);
    this.#words[row * 2] = value;
    this.#words[row * 2 + 1] = value / 0x1_0000_0000;
  }

  /**
   * A text whose bytes lie in `bytes` from `start` to `end`. Longer ones are not copied: `baseLow` and `baseHigh` are the
   * halves of the memory address that byte 0 will have when the column is handed over.
   */
  setText(row: number, bytes: Uint8Array, start: number, end: number, baseLow: number, baseHigh: number): void {
    this.#mark(row);
    const words = this.#words;
    const at = row * 4;
    const length = end - start;
    words[at] = length;
    if (length > INLINE_BYTES) {
      const low = baseLow + start;
      words[at + 1] = word(bytes, start);
      words[at + 2] = low;
      words[at + 3] = low >= 0x1_0000_0000 ? baseHigh + 1 : baseHigh;
      return;
    }
    let from = start;
    for (let slot = at + 1; from < end; slot += 1, from += 4) {
      words[slot] = from + 4 <= end ? word(bytes, from) : partialWord(bytes, from, end);
    }
  }

  /** An IPv4 address as a 4-byte inline string; `octets` has the first octet lowest, as it lies in memory. */
  setIpv4(row: number, octets: number): void {
    this.#mark(row);
    this.#words[row * 4] = 4;
    this.#words[row * 4 + 1] = octets;
  }

  #mark(row: number): void {
    this.used = true;
    const byte = row >> 3;
    this.#valid[byte] = (this.#valid[byte] ?? 0) | (1 << (row & 7));
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

function partialWord(bytes: Uint8Array, at: number, end: number): number {
  let value = bytes[at] ?? 0;
  if (at + 1 < end) value |= (bytes[at + 1] ?? 0) << 8;
  if (at + 2 < end) value |= (bytes[at + 2] ?? 0) << 16;
  return value;
}
