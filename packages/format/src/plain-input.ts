import { FIELDS } from './fields.ts';

const utf8 = new TextEncoder();

/** What only `readRecord` can judge: the stream's own fields, labels of the input, and what exports show beside. */
const LEFT_ALONE: ReadonlySet<string> = new Set([
  'class',
  'labels',
  'observer',
  'observer_kind',
  'received',
  'seq',
  'session',
]);
const VERSION = FIELDS.findIndex(({ name }) => name === 'v');
const FIELD_NAMES: readonly Uint8Array[] = FIELDS.map(({ name }) => utf8.encode(name));
const LEFT_ALONE_NAMES: readonly Uint8Array[] = [...LEFT_ALONE].map((name) => utf8.encode(name));

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const ONE = 0x31;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
/** Digits that JSON readers take exactly whatever they are. */
const NUMBER_DIGITS_MAX = 15;
/** Members without a field of their own. More are no plain input. */
const LABELS_MAX = 16;
/** Name's start and end, value's start and end. */
const LABEL_WORDS = 4;

/** Names by length and first letter: `FIRST` the first with such, `NEXT` the one after. */
const BUCKETS = 32 * 32;
const FIRST = new Int8Array(BUCKETS).fill(-1);
const NEXT = new Int8Array(FIELDS.length).fill(-1);

function bucketOf(length: number, letter: number): number {
  return ((length & 31) << 5) | (letter & 31);
}

for (const [field, name] of FIELD_NAMES.entries()) {
  const bucket = bucketOf(name.length, name[0] ?? 0);
  NEXT[field] = FIRST[bucket] ?? -1;
  FIRST[bucket] = field;
}

/** Bytes that stand in a string as they are and are a character each: ASCII but control characters, `"` and `\`. */
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

function isNamed(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start !== name.length) return false;
  for (let left = name.length; left > 0; left -= 1) if (bytes[start + left - 1] !== name[left - 1]) return false;
  return true;
}

function fieldNamed(bytes: Uint8Array, start: number, end: number): number {
  let field = FIRST[bucketOf(end - start, bytes[start] ?? 0)] ?? -1;
  while (field !== -1 && !isNamed(bytes, start, end, FIELD_NAMES[field] ?? bytes)) field = NEXT[field] ?? -1;
  return field;
}

function skipBlanks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x09) at += 1;
  return at;
}

function plainEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  while (IS_PLAIN[bytes[at] ?? 0] === 1) at += 1;
  return at;
}

function digitsEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let byte = bytes[at] ?? 0; byte >= ZERO && byte <= 0x39; byte = bytes[at] ?? 0) at += 1;
  return at;
}

export type PlainLabel = {
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly start: number;
  readonly end: number;
};

/** Where the values of a flat JSON object lie, read without making anything of them. */
export class PlainInput {
  /** Of each field's value, without quotation marks; the start is -1 where there is none, -2 where it is empty. */
  readonly starts: Int32Array = new Int32Array(FIELDS.length);
  readonly ends: Int32Array = new Int32Array(FIELDS.length);
  /** 1 for fields whose value is a number, not a string. */
  readonly numbers: Uint8Array = new Uint8Array(FIELDS.length);
  /** Members that the record has no field for. */
  labelCount = 0;
  readonly #labels = new Int32Array(LABELS_MAX * LABEL_WORDS);
  #bytes: Uint8Array = new Uint8Array(0);

  has(field: number): boolean {
    return (this.starts[field] ?? -1) >= 0;
  }

  /** False where the bytes [start, end) are anything but a flat object of plain strings and short whole numbers. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.starts.fill(-1);
    this.labelCount = 0;
    let at = start;
    if (bytes[at] !== OPEN) return false;
    do {
      at = this.#member(skipBlanks(bytes, at + 1));
      if (at === -1) return false;
      at = skipBlanks(bytes, at);
    } while (bytes[at] === COMMA);
    // Whatever ran past the end of the input ends behind it.
    return bytes[at] === CLOSE && at + 1 === end;
  }

  /** Reads a member; the index after it, or -1. */
  #member(from: number): number {
    const bytes = this.#bytes;
    if (bytes[from] !== QUOTE) return -1;
    const nameStart = from + 1;
    const nameEnd = plainEnd(bytes, nameStart);
    if (bytes[nameEnd] !== QUOTE) return -1;
    const colon = skipBlanks(bytes, nameEnd + 1);
    if (bytes[colon] !== COLON) return -1;
    const value = skipBlanks(bytes, colon + 1);
    if (bytes[value] === QUOTE) {
      const end = plainEnd(bytes, value + 1);
      return bytes[end] === QUOTE && this.#note(nameStart, nameEnd, value + 1, end, 0) ? end + 1 : -1;
    }
    const end = digitsEnd(bytes, value);
    const isWhole = end > value && end - value <= NUMBER_DIGITS_MAX && (bytes[value] !== ZERO || end === value + 1);
    return isWhole && this.#note(nameStart, nameEnd, value, end, 1) ? end : -1;
  }

  #note(nameStart: number, nameEnd: number, start: number, end: number, isNumber: 0 | 1): boolean {
    const bytes = this.#bytes;
    for (const name of LEFT_ALONE_NAMES) if (isNamed(bytes, nameStart, nameEnd, name)) return false;
    const field = fieldNamed(bytes, nameStart, nameEnd);
    if (field === -1) return this.#noteLabel(nameStart, nameEnd, start, end);
    // A name that stands twice is refused by whoever reads it slowly.
    if (this.starts[field] !== -1) return false;
    if (field === VERSION && !(isNumber === 1 && end === start + 1 && bytes[start] === ONE)) return false;
    this.starts[field] = start === end ? -2 : start;
    this.ends[field] = end;
    this.numbers[field] = isNumber;
    return true;
  }

  #noteLabel(nameStart: number, nameEnd: number, start: number, end: number): boolean {
    if (this.labelCount === LABELS_MAX) return false;
    const at = this.labelCount * LABEL_WORDS;
    this.#labels[at] = nameStart;
    this.#labels[at + 1] = nameEnd;
    this.#labels[at + 2] = start;
    this.#labels[at + 3] = end;
    this.labelCount += 1;
    return true;
  }

  label(index: number): PlainLabel {
    const at = index * LABEL_WORDS;
    return {
      nameStart: this.#labels[at] ?? 0,
      nameEnd: this.#labels[at + 1] ?? 0,
      start: this.#labels[at + 2] ?? 0,
      end: this.#labels[at + 3] ?? 0,
    };
  }

  /** Puts the labels in the order of their names; false where a name stands twice. */
  sortLabels(): boolean {
    for (let next = 1; next < this.labelCount; next += 1) {
      for (let place = next; place > 0; place -= 1) {
        const order = this.#compare(place - 1, place);
        if (order === 0) return false;
        if (order < 0) break;
        this.#swap(place - 1, place);
      }
    }
    return true;
  }

  /** Order of two labels' names; in ASCII bytes order as code units do. */
  #compare(left: number, right: number): number {
    const [a, b] = [this.label(left), this.label(right)];
    const lengths = [a.nameEnd - a.nameStart, b.nameEnd - b.nameStart] as const;
    for (let at = 0; at < Math.min(...lengths); at += 1) {
      const difference = (this.#bytes[a.nameStart + at] ?? 0) - (this.#bytes[b.nameStart + at] ?? 0);
      if (difference !== 0) return difference;
    }
    return lengths[0] - lengths[1];
  }

  #swap(left: number, right: number): void {
    for (let word = 0; word < LABEL_WORDS; word += 1) {
      const [a, b] = [left * LABEL_WORDS + word, right * LABEL_WORDS + word];
      const kept = this.#labels[a] ?? 0;
      this.#labels[a] = this.#labels[b] ?? 0;
      this.#labels[b] = kept;
    }
  }
}
