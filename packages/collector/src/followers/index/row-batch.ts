import { BLOB, DuckDBDataChunk } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { FIELDS, ipBytes, microsFromTimestamp, scanLine, SLOTS } from '@portledger/format';
import type { FollowedChunk } from '../ledger-source.ts';
import { ColumnBuffer, VECTOR_ROWS } from './column-buffer.ts';
import { columnNumber, COLUMNS, VALUE_BYTES } from './columns.ts';
import type { HotTable } from './hot-table.ts';
import { integerAt, ipv4At, TimestampReader } from './line-values.ts';
import { BATCH_BYTES_MAX } from './limits.ts';

const RECEIVED = columnNumber('received');
const CLASS = columnNumber('class');
const BLOCK = columnNumber('block');
const POSITION = columnNumber('position');
const LABELS = columnNumber('labels');
const BACKSLASH = 92;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** A value whose bytes do not lie in the lines: a text with escapes undone, an IPv6 address. */
type SideValue = { readonly column: number; readonly row: number; readonly bytes: Uint8Array };

/** The two halves of a memory address. */
type Place = { readonly low: number; readonly high: number };

export type AppendedRows = {
  readonly rows: number;
  /** Earliest and latest event time among them, in epoch microseconds. */
  readonly lowMicros: number;
  readonly highMicros: number;
};

/**
 * Turns the lines of chunks into DuckDB's vectors and appends them. Nothing is decoded but numbers, times and addresses:
 * the lines go over once as one long string, and texts are written as pointers into it. The appender copies what it is
 * given before it returns, so the pointers live only until `handOver` is done.
 */
export class RowBatch {
  /** Two strings: the lines, and the values that do not lie in them. Not VARCHAR: DuckDB would leave bytes that are no UTF-8 out. */
  readonly #heap = DuckDBDataChunk.create([BLOB]);
  readonly #buffers = COLUMNS.map((column) => new ColumnBuffer(column.kind));
  readonly #slots = new Int32Array(SLOTS);
  readonly #timestamps = new TimestampReader();
  #side: SideValue[] = [];
  #rows = 0;
  #lowMicros = Infinity;
  #highMicros = -Infinity;

  /** Numbers of the columns that any record read so far has. */
  readonly columns = new Set<number>();

  /**
   * Reads the lines of `chunk` from number `from` on, as many as one vector holds; `handOver` is to come next. Throws if
   * a line is not canonical, which the ledger rules out.
   */
  read(chunk: FollowedChunk, from: number): AppendedRows {
    const start = from === 0 ? 0 : at(chunk.lineEnds, from - 1);
    const rows = rowsThatFit(chunk, from, start);
    // A Buffer, because its search for a byte is native.
    const { buffer, byteOffset } = chunk.lines;
    const bytes = Buffer.from(buffer, byteOffset + start, at(chunk.lineEnds, from + rows - 1) - start);
    this.#begin();
    const base = this.#place(0, bytes);
    let lineStart = 0;
    let backslash = nextBackslash(bytes, 0);
    for (let row = 0; row < rows; row += 1) {
      const lineEnd = at(chunk.lineEnds, from + row) - start;
      if (scanLine(bytes, lineStart, lineEnd - 1, this.#slots) !== 0) {
        throw new Error(`line ${chunk.position + from + row} of block ${chunk.block} is not canonical`);
      }
      this.#setFields(row, bytes, base, backslash < lineEnd);
      if (backslash < lineEnd) backslash = nextBackslash(bytes, lineEnd);
      lineStart = lineEnd;
    }
    this.#setVirtualFields(chunk, from, rows);
    this.#setSideValues(rows, chunk.class);
    for (const [number, buffer] of this.#buffers.entries()) if (buffer.used) this.columns.add(number);
    this.#rows = rows;
    return { rows, lowMicros: this.#lowMicros, highMicros: this.#highMicros };
  }

  #begin(): void {
    for (const buffer of this.#buffers) buffer.reset();
    this.#heap.reset();
    this.#side = [];
    this.#lowMicros = Infinity;
    this.#highMicros = -Infinity;
  }

  /** Gives bytes a place in DuckDB's memory until the next `#begin`. Bytes short enough to lie inside a string need none. */
  #place(row: 0 | 1, bytes: Uint8Array): Place {
    const vector = duckdb.data_chunk_get_vector(this.#heap.chunk, 0);
    duckdb.vector_assign_string_element_len(vector, row, bytes);
    const data = duckdb.vector_get_data(vector, (row + 1) * VALUE_BYTES.text);
    const view = new DataView(data.buffer, data.byteOffset + row * VALUE_BYTES.text, VALUE_BYTES.text);
    if (view.getUint32(0, true) !== bytes.length) throw new Error('DuckDB did not take the bytes');
    return { low: view.getUint32(8, true), high: view.getUint32(12, true) };
  }

  #setFields(row: number, bytes: Uint8Array, base: Place, escapes: boolean): void {
    const slots = this.#slots;
    for (let column = 0; column < FIELDS.length; column += 1) {
      const start = at(slots, column * 2);
      const buffer = this.#buffers[column];
      if (start < 0 || buffer === undefined) continue;
      const end = at(slots, column * 2 + 1);
      switch (buffer.kind) {
        case 'text':
          if (escapes && column !== LABELS && hasBackslash(bytes, start, end)) {
            this.#side.push({ column, row, bytes: unescaped(bytes, start, end) });
          } else {
            buffer.setText(row, bytes, start, end, base.low, base.high);
          }
          break;
        case 'integer':
          buffer.setInteger(row, integerAt(bytes, start, end));
          break;
        case 'port':
          buffer.setPort(row, integerAt(bytes, start, end));
          break;
        case 'address': {
          const octets = ipv4At(bytes, start, end);
          if (octets >= 0) buffer.setIpv4(row, octets);
          else this.#side.push({ column, row, bytes: ipv6At(bytes, start, end) });
          break;
        }
        case 'time': {
          const micros = this.#timestamps.read(bytes, start);
          buffer.setInteger(row, micros);
          if (micros < this.#lowMicros) this.#lowMicros = micros;
          if (micros > this.#highMicros) this.#highMicros = micros;
          break;
        }
        default:
          buffer.kind satisfies never;
      }
    }
  }

  #setVirtualFields(chunk: FollowedChunk, from: number, rows: number): void {
    const [received, block, position] = [this.#buffers[RECEIVED], this.#buffers[BLOCK], this.#buffers[POSITION]];
    let batchNumber = 0;
    let receivedMicros = 0;
    let batchEnd = 0;
    for (let row = 0; row < rows; row += 1) {
      const place = chunk.position + from + row;
      while (place >= batchEnd) {
        const batch = chunk.batches[batchNumber];
        const micros = batch === undefined ? undefined : microsFromTimestamp(batch.received);
        if (batch === undefined || micros === undefined)
          throw new Error(`block ${chunk.block} has no batch for record ${place}`);
        receivedMicros = micros;
        batchEnd = batch.position + batch.count;
        batchNumber += 1;
      }
      received?.setInteger(row, receivedMicros);
      block?.setInteger(row, chunk.block);
      position?.setInteger(row, place);
    }
  }

  /** The class is one for all rows of a chunk, and lies in front of the side values. */
  #setClass(rows: number, all: Uint8Array, classLength: number, base: Place): void {
    const buffer = this.#buffers[CLASS];
    for (let row = 0; row < rows; row += 1) buffer?.setText(row, all, 0, classLength, base.low, base.high);
  }

  #setSideValues(rows: number, retentionClass: string): void {
    const classBytes = ENCODER.encode(retentionClass);
    const size = this.#side.reduce((sum, { bytes }) => sum + bytes.length, classBytes.length);
    const all = new Uint8Array(size);
    all.set(classBytes);
    let offset = classBytes.length;
    for (const { bytes } of this.#side) {
      all.set(bytes, offset);
      offset += bytes.length;
    }
    const base = this.#place(1, all);
    this.#setClass(rows, all, classBytes.length, base);
    offset = classBytes.length;
    for (const { column, row, bytes } of this.#side) {
      this.#buffers[column]?.setText(row, all, offset, offset + bytes.length, base.low, base.high);
      offset += bytes.length;
    }
  }

  /** Appends what was read last to a table that has every column in `columns`. */
  handOver({ chunk, columns, appender }: HotTable): void {
    const rows = this.#rows;
    chunk.reset();
    chunk.rowCount = rows;
    for (const [place, number] of columns.entries()) {
      const buffer = this.#buffers[number];
      if (buffer === undefined) continue;
      const vector = duckdb.data_chunk_get_vector(chunk.chunk, place);
      if (buffer.used) duckdb.copy_data_to_vector(vector, 0, buffer.data, 0, rows * VALUE_BYTES[buffer.kind]);
      duckdb.vector_ensure_validity_writable(vector);
      duckdb.copy_data_to_vector_validity(vector, 0, buffer.validity, 0, Math.ceil(rows / 64) * 8);
    }
    appender.appendDataChunk(chunk);
  }
}

function rowsThatFit(chunk: FollowedChunk, from: number, start: number): number {
  let rows = Math.min(VECTOR_ROWS, chunk.count - from);
  while (rows > 1 && at(chunk.lineEnds, from + rows - 1) - start > BATCH_BYTES_MAX) rows >>= 1;
  return rows;
}

function nextBackslash(bytes: Uint8Array, from: number): number {
  const found = bytes.indexOf(BACKSLASH, from);
  return found < 0 ? Infinity : found;
}

function hasBackslash(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes.subarray(start, end).includes(BACKSLASH);
}

function unescaped(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const text: unknown = JSON.parse(`"${DECODER.decode(bytes.subarray(start, end))}"`);
  return ENCODER.encode(String(text));
}

function ipv6At(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const text = DECODER.decode(bytes.subarray(start, end));
  const address = ipBytes(text);
  if (address === undefined) throw new Error(`${text} is not an address`);
  return address;
}

function at(array: Uint32Array | Int32Array, index: number): number {
  return array[index] ?? -1;
}
