import { FIELDS } from './fields.ts';
import { LINE_BYTES_MAX } from './limits.ts';
import { SLOTS, fieldAt, scanLine, scanValue } from './line-scanner.ts';
import type { ScanVerdict } from './line-scanner.ts';
import { NAME_LENGTH, REQUIRED_FIELDS, SCAN_REQUIRED } from './scan-fields.ts';
import { NOT_SCANNED } from './scan-text.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** A canonical line as it was scanned. */
type ScannedLine = {
  readonly slots: Int32Array;
  /** Its fields in order, of which there are `count`. */
  readonly fields: Int8Array;
  /** Where the mark before each field stands; then, at `count`, the line's last byte. */
  readonly marks: Int32Array;
  count: number;
};

function newLine(): ScannedLine {
  return {
    slots: new Int32Array(SLOTS),
    fields: new Int8Array(FIELDS.length),
    marks: new Int32Array(FIELDS.length + 1),
    count: 0,
  };
}

/**
 * Scans the lines of a block one after another, with the verdicts of `scanLine`. Lines of a block are much alike: where
 * the bytes from one mark to the next are those of the line before, they are a field and value that were scanned already,
 * and comparing four bytes at a time is several times faster than scanning. A line that can't be taken so is scanned anew.
 */
export class RunScanner {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #line = newLine();
  #before = newLine();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Of the line scanned last, as `scanLine` fills them, until the next scan; they mean nothing after a verdict but 0. */
  get slots(): Int32Array {
    return this.#line.slots;
  }

  /** Scans the bytes [start, end), a line without its newline. */
  scan(start: number, end: number): ScanVerdict {
    const before = this.#line;
    this.#line = this.#before;
    this.#before = before;
    const isTaken = before.count > 0 && this.#scanAlike(start, end);
    if (isTaken) return 0;
    const verdict = scanLine(this.#bytes, start, end, this.#line.slots);
    if (verdict === 0) this.#note(end);
    else this.#line.count = 0;
    return verdict;
  }

  /** Notes the fields of a line whose slots are filled: canonical lines have them in the order of FIELDS. */
  #note(end: number): void {
    const { slots, fields, marks } = this.#line;
    let count = 0;
    for (let field = 0; field < FIELDS.length; field += 1) {
      const value = slots[2 * field] ?? NOT_SCANNED;
      if (value === NOT_SCANNED) continue;
      fields[count] = field;
      // A string's slot begins after its quotation mark.
      marks[count] = value - (this.#bytes[value - 1] === QUOTE ? 1 : 0) - (NAME_LENGTH[field] ?? 0) - 1;
      count += 1;
    }
    marks[count] = end - 1;
    this.#line.count = count;
  }

  /** Whether the line is canonical, found by the one before; false says only that it must be scanned on its own. */
  #scanAlike(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const last = end - 1;
    if (start < 0 || end > bytes.length || end - start < 2 || end - start > LINE_BYTES_MAX) return false;
    if (bytes[start] !== OPEN || bytes[last] !== CLOSE) return false;
    const { slots, fields, marks } = this.#line;
    const before = this.#before;
    slots.fill(NOT_SCANNED);
    let required = 0;
    let count = 0;
    let field = -1;
    let next = 0; // the field of the line before that may come next here
    let at = start; // on the mark before the next name
    while (at < last) {
      let from = before.marks[next] ?? 0;
      const left = next < before.count ? (before.marks[before.count] ?? 0) - from + 1 : 0;
      const until = from + this.#same(from, at, Math.min(left, last - at + 1));
      for (; next < before.count && (before.marks[next + 1] ?? 0) < until; next += 1) {
        field = before.fields[next] ?? 0;
        const shift = at - from;
        slots[2 * field] = (before.slots[2 * field] ?? 0) + shift;
        slots[2 * field + 1] = (before.slots[2 * field + 1] ?? 0) + shift;
        fields[count] = field;
        marks[count] = at;
        count += 1;
        required += SCAN_REQUIRED[field] ?? 0;
        from = before.marks[next + 1] ?? 0;
        at = from + shift;
      }
      if (at === last) break;
      if (bytes[at] === CLOSE) return false;
      const expected = next < before.count ? (before.fields[next] ?? 0) : NOT_SCANNED;
      const hasSameName = expected !== NOT_SCANNED && from + (NAME_LENGTH[expected] ?? 0) < until;
      field = hasSameName ? expected : fieldAt(bytes, at + 1, field);
      if (field === NOT_SCANNED) return false;
      fields[count] = field;
      marks[count] = at;
      count += 1;
      required += SCAN_REQUIRED[field] ?? 0;
      at = scanValue(bytes, at + 1 + (NAME_LENGTH[field] ?? 0), last, field, slots);
      if (at === NOT_SCANNED || at > last || (at < last && bytes[at] !== COMMA)) return false;
      while (next < before.count && (before.fields[next] ?? 0) <= field) next += 1;
    }
    if (at !== last || required !== REQUIRED_FIELDS) return false;
    marks[count] = last;
    this.#line.count = count;
    return true;
  }

  /** How many bytes from two places on are the same, of `length` at most. */
  #same(left: number, right: number, length: number): number {
    const view = this.#view;
    let at = 0;
    while (at + 4 <= length && view.getInt32(left + at) === view.getInt32(right + at)) at += 4;
    while (at < length && view.getUint8(left + at) === view.getUint8(right + at)) at += 1;
    return at;
  }
}
