import { isEscapeFree } from './canonical-json.ts';
import { FIELDS, FIELD_INDEX, type EnumFieldName, type FieldName } from './fields.ts';
import {
  LABEL_NAME_BYTES_MAX,
  LABEL_VALUE_BYTES_MAX,
  LINE_BYTES_MAX,
  OBSERVER_BYTES_MAX,
  SESSION_BYTES_MAX,
} from './limits.ts';
import { PlainInput } from './plain-input.ts';
import type { ObserverKind, StreamStamp } from './record.ts';
import { scanIp } from './scan-address.ts';
import {
  SCAN_ESCAPE_FREE,
  SCAN_INTEGER,
  SCAN_IP,
  SCAN_KIND,
  SCAN_MAX,
  SCAN_STRING,
  SCAN_TIMESTAMP,
  SCAN_VALUES,
} from './scan-fields.ts';
import { integerOf, scanTimestamp } from './scan-number.ts';
import { NOT_SCANNED, textOf } from './scan-text.ts';
import { termFor } from './synonyms.ts';
import { isTimestampMicros, timestampFormatter } from './timestamps.ts';

const utf8 = new TextEncoder();

function indexOf(name: FieldName): number {
  return FIELD_INDEX.get(name) ?? -1;
}

const ACTION = indexOf('action');
const LABELS = indexOf('labels');
const OBSERVER = indexOf('observer');
const OBSERVER_KIND = indexOf('observer_kind');
const PROTOCOL = indexOf('protocol');
const SEQ = indexOf('seq');
const SESSION = indexOf('session');
const TIMESTAMP = indexOf('timestamp');
const VERSION = indexOf('v');

/** Each field's name with its marks, as it begins a member of the line. */
const MEMBER_STARTS: readonly Uint8Array[] = FIELDS.map((field, index) =>
  utf8.encode(`${index === 0 ? '{' : ','}"${field.name}":`),
);
const NUMBER_TAKEN: Uint8Array = Uint8Array.from(FIELDS, (field) => ('numberTaken' in field ? 1 : 0));
const ENUM_NAMES: readonly (EnumFieldName | undefined)[] = FIELDS.map((field) =>
  field.kind === 'enum' ? field.name : undefined,
);

const OBSERVER_KIND_BYTES: Readonly<Record<ObserverKind, Uint8Array>> = {
  agent: utf8.encode('agent'),
  gateway: utf8.encode('gateway'),
  import: utf8.encode('import'),
  forward: utf8.encode('forward'),
  system: utf8.encode('system'),
};
const NOTHING = new Uint8Array(0);
const QUOTE = 0x22;
const COMMA = 0x2c;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const CAPITAL_Z = 0x5a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
/** Digits that are a safe integer whatever they are. */
const DIGITS_MAX = 15;
/** `YYYY-MM-DDTHH:MM:SS` */
const SECOND_BYTES = 19;
const FRACTION_DIGITS = 6;
/** Words of other systems remembered with the term that they stand for. */
const WORDS_KEPT_MAX = 1_024;

/** Bytes by which a written line is longer than its input at most: the stamp, the time's digits, marks of labels. */
export const PLAIN_LINE_GROWTH_BYTES_MAX = 1_024;

/**
 * Writes canonical lines straight from the bytes of plain input: a flat JSON object without escapes whose values need
 * next to no reading, as senders of the five-field template write it. It agrees with `readRecord` and `canonicalLine`
 * on whatever it takes and leaves the rest to them; on plain input it is five times faster.
 */
export class PlainLineWriter {
  readonly #input = new PlainInput();
  readonly #timestamp = timestampFormatter();
  readonly #words = new Map<string, Uint8Array | undefined>();
  #bytes: Uint8Array = new Uint8Array(0);
  #out: Uint8Array = new Uint8Array(0);
  #at = 0;
  #stamp: StreamStamp = { observer: '', observer_kind: 'import', session: '', seq: 0 };
  #observer: Uint8Array = new Uint8Array(0);
  #session: Uint8Array = new Uint8Array(0);

  /**
   * Reads the bytes [start, end) and writes their canonical line, without its newline, to `out` from `at` on. `out` must
   * have room for PLAIN_LINE_GROWTH_BYTES_MAX more than the input. Gives the index after the line, and in `slots` what
   * `scanLine` would note of it; NOT_SCANNED where the input is not plain: then it is neither right nor wrong.
   */
  write(
    bytes: Uint8Array,
    start: number,
    end: number,
    stamp: StreamStamp,
    out: Uint8Array,
    at: number,
    slots: Int32Array,
  ): number {
    const input = this.#input;
    if (!input.read(bytes, start, end) || !input.has(ACTION) || !input.has(TIMESTAMP)) return NOT_SCANNED;
    this.#bytes = bytes;
    this.#out = out;
    this.#at = at;
    if (!this.#setStamp(stamp)) return NOT_SCANNED;
    for (let field = 0; field < FIELDS.length; field += 1) {
      slots[2 * field] = -1;
      slots[2 * field + 1] = -1;
      if (!this.#isWritten(field)) continue;
      this.#put(MEMBER_STARTS[field] ?? NOTHING);
      if (!this.#member(field, slots)) return NOT_SCANNED;
    }
    this.#out[this.#at] = CLOSE;
    this.#at += 1;
    return this.#at - at > LINE_BYTES_MAX ? NOT_SCANNED : this.#at;
  }

  /** False where its names could not stand in a record as they are. */
  #setStamp(stamp: StreamStamp): boolean {
    if (stamp.observer !== this.#stamp.observer) this.#observer = nameBytes(stamp.observer, OBSERVER_BYTES_MAX);
    if (stamp.session !== this.#stamp.session) this.#session = nameBytes(stamp.session, SESSION_BYTES_MAX);
    this.#stamp = stamp;
    return this.#observer.length > 0 && this.#session.length > 0;
  }

  #isWritten(field: number): boolean {
    switch (field) {
      case OBSERVER:
      case OBSERVER_KIND:
      case SEQ:
      case SESSION:
      case VERSION:
        return true;
      case LABELS:
        return this.#input.labelCount > 0;
      default:
        return this.#input.has(field);
    }
  }

  /** Writes a field's value and notes where it lies; false where the input's is not plain. */
  #member(field: number, slots: Int32Array): boolean {
    switch (field) {
      case OBSERVER:
        return this.#quoted(this.#observer, slots, field);
      case OBSERVER_KIND:
        return this.#quoted(OBSERVER_KIND_BYTES[this.#stamp.observer_kind], slots, field);
      case SESSION:
        return this.#quoted(this.#session, slots, field);
      case SEQ:
        return this.#digits(this.#stamp.seq, slots, field);
      case VERSION:
        return this.#digits(1, slots, field);
      case LABELS:
        return this.#labels(slots);
      default:
        return this.#value(field, slots);
    }
  }

  #value(field: number, slots: Int32Array): boolean {
    const { starts, ends, numbers } = this.#input;
    const start = starts[field] ?? 0;
    const end = ends[field] ?? 0;
    const isNumber = numbers[field] === 1;
    switch (SCAN_KIND[field] ?? SCAN_STRING) {
      case SCAN_STRING:
      case SCAN_ESCAPE_FREE:
        if (end - start > (SCAN_MAX[field] ?? 0) || (isNumber && NUMBER_TAKEN[field] === 0)) return false;
        return this.#text(start, end, slots, field);
      case SCAN_INTEGER:
        return this.#integer(start, end, slots, field);
      case SCAN_IP:
        return !isNumber && scanIp(this.#bytes, start, end + 1) === end && this.#text(start, end, slots, field);
      case SCAN_TIMESTAMP:
        return this.#time(start, end, isNumber, slots);
      default:
        return !isNumber && this.#term(start, end, slots, field);
    }
  }

  #put(bytes: Uint8Array): void {
    const out = this.#out;
    let at = this.#at;
    for (let index = 0; index < bytes.length; index += 1) out[at++] = bytes[index] ?? 0;
    this.#at = at;
  }

  #copy(start: number, end: number): void {
    const out = this.#out;
    const bytes = this.#bytes;
    let at = this.#at;
    for (let index = start; index < end; index += 1) out[at++] = bytes[index] ?? 0;
    this.#at = at;
  }

  #mark(byte: number): void {
    this.#out[this.#at] = byte;
    this.#at += 1;
  }

  #quoted(text: Uint8Array, slots: Int32Array, field: number): boolean {
    this.#mark(QUOTE);
    slots[2 * field] = this.#at;
    this.#put(text);
    slots[2 * field + 1] = this.#at;
    this.#mark(QUOTE);
    return true;
  }

  #text(start: number, end: number, slots: Int32Array, field: number): boolean {
    this.#mark(QUOTE);
    slots[2 * field] = this.#at;
    this.#copy(start, end);
    slots[2 * field + 1] = this.#at;
    this.#mark(QUOTE);
    return true;
  }

  #digits(value: number, slots: Int32Array, field: number): boolean {
    slots[2 * field] = this.#at;
    const from = this.#at;
    let rest = value;
    do {
      const next = Math.floor(rest / 10);
      this.#mark(ZERO + (rest - next * 10));
      rest = next;
    } while (rest > 0);
    this.#out.subarray(from, this.#at).reverse();
    slots[2 * field + 1] = this.#at;
    return true;
  }

  #integer(start: number, end: number, slots: Int32Array, field: number): boolean {
    if (!isPlainInteger(this.#bytes, start, end)) return false;
    if (integerOf(this.#bytes, start, end) > (SCAN_MAX[field] ?? 0)) return false;
    slots[2 * field] = this.#at;
    this.#copy(start, end);
    slots[2 * field + 1] = this.#at;
    return true;
  }

  #time(start: number, end: number, isNumber: boolean, slots: Int32Array): boolean {
    this.#mark(QUOTE);
    const from = this.#at;
    slots[2 * TIMESTAMP] = from;
    if (!(isNumber || end - start < SECOND_BYTES + 1 ? this.#epoch(start, end) : this.#civil(start, end))) return false;
    slots[2 * TIMESTAMP + 1] = this.#at;
    this.#mark(QUOTE);
    return scanTimestamp(this.#out, from, this.#at) === this.#at - 1;
  }

  /** RFC 3339 in UTC with any precision; whether it is a moment is seen once it is written. */
  #civil(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const last = end - 1;
    const hasFraction = bytes[start + SECOND_BYTES] === DOT;
    if (bytes[last] !== CAPITAL_Z || (hasFraction ? last === start + SECOND_BYTES + 1 : last !== start + SECOND_BYTES))
      return false;
    this.#copy(start, start + SECOND_BYTES);
    this.#mark(DOT);
    const fraction = start + SECOND_BYTES + 1;
    for (let at = fraction; at < last; at += 1) if (!isDigit(bytes[at])) return false;
    for (let at = fraction; at < fraction + FRACTION_DIGITS; at += 1) this.#mark(at < last ? (bytes[at] ?? 0) : ZERO);
    this.#mark(CAPITAL_Z);
    return true;
  }

  /** Seconds, milli-, micro- or nanoseconds since the epoch, told apart by their digits. */
  #epoch(start: number, end: number): boolean {
    for (let at = start; at < end; at += 1) if (!isDigit(this.#bytes[at])) return false;
    if (this.#bytes[start] === ZERO) return false;
    const micros = epochMicros(this.#bytes, start, end - start);
    if (!isTimestampMicros(micros)) return false;
    const text = this.#timestamp(micros);
    for (let at = 0; at < text.length; at += 1) this.#mark(text.charCodeAt(at));
    return true;
  }

  /** An enumerated value, of any writing that `termFor` knows. */
  #term(start: number, end: number, slots: Int32Array, field: number): boolean {
    const value = matching(this.#bytes, start, end, SCAN_VALUES[field] ?? []) ?? this.#meant(start, end, field);
    return value !== undefined && this.#quoted(value, slots, field);
  }

  #meant(start: number, end: number, field: number): Uint8Array | undefined {
    const name = ENUM_NAMES[field];
    // A transport without a term is told in a label as well.
    if (name === undefined || field === PROTOCOL) return undefined;
    const word = textOf(this.#bytes, start, end);
    const key = `${name} ${word}`;
    if (this.#words.has(key)) return this.#words.get(key);
    const term = utf8.encode(termFor(name, word));
    const value = matching(term, 0, term.length, SCAN_VALUES[field] ?? []);
    if (this.#words.size < WORDS_KEPT_MAX) this.#words.set(key, value);
    return value;
  }

  #labels(slots: Int32Array): boolean {
    const input = this.#input;
    if (!input.sortLabels()) return false;
    slots[2 * LABELS] = this.#at;
    for (let label = 0; label < input.labelCount; label += 1) {
      const { nameStart, nameEnd, start, end } = input.label(label);
      const fits = nameEnd - nameStart <= LABEL_NAME_BYTES_MAX && end - start <= LABEL_VALUE_BYTES_MAX;
      if (!fits || nameEnd === nameStart || end === start) return false;
      this.#mark(label === 0 ? OPEN : COMMA);
      this.#mark(QUOTE);
      this.#copy(nameStart, nameEnd);
      this.#mark(QUOTE);
      this.#mark(COLON);
      this.#mark(QUOTE);
      this.#copy(start, end);
      this.#mark(QUOTE);
    }
    this.#mark(CLOSE);
    slots[2 * LABELS + 1] = this.#at;
    return true;
  }
}

/** UTF-8 of a name that may stand in a manifest; nothing where it may not. */
function nameBytes(name: string, bytesMax: number): Uint8Array {
  const bytes = utf8.encode(name);
  return isEscapeFree(name) && name.isWellFormed() && bytes.length <= bytesMax ? bytes : new Uint8Array(0);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39;
}

/** Digits without a leading zero, few enough to be exact. */
function isPlainInteger(bytes: Uint8Array, start: number, end: number): boolean {
  if (end === start || end - start > DIGITS_MAX || (bytes[start] === ZERO && end - start > 1)) return false;
  for (let at = start; at < end; at += 1) if (!isDigit(bytes[at])) return false;
  return true;
}

/** Microseconds of as many digits as each unit has from 2001 to 2286; NaN for others. */
function epochMicros(bytes: Uint8Array, start: number, digits: number): number {
  switch (digits) {
    case 10:
      return integerOf(bytes, start, start + digits) * 1_000_000;
    case 13:
      return integerOf(bytes, start, start + digits) * 1_000;
    case 16:
    case 19:
      return integerOf(bytes, start, start + 16);
    default:
      return Number.NaN;
  }
}

/** The value whose bytes these are. */
function matching(
  bytes: Uint8Array,
  start: number,
  end: number,
  values: readonly Uint8Array[],
): Uint8Array | undefined {
  const length = end - start;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (value?.length !== length) continue;
    let left = length;
    while (left > 0 && bytes[start + left - 1] === value[left - 1]) left -= 1;
    if (left === 0) return value;
  }
  return undefined;
}
