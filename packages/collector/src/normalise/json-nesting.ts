const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The offset just past the string whose opening quote stands at `start`, or `end` when it is not closed. */
export function stringEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === BACKSLASH) at += 1;
    else if (byte === QUOTE) return at + 1;
  }
  return end;
}

/**
 * A JSON value's end, how deep it nests, and how many members its objects have all together as written; `isClosed` is
 * false when the bytes end before it does.
 */
export type Nesting = {
  readonly end: number;
  readonly depth: number;
  readonly members: number;
  readonly isClosed: boolean;
};

/**
 * Walks over the object or array that opens at `start` without building it and without recursion, so that a line of a
 * million brackets costs its bytes and nothing more. Which bracket closes which is left to the parser.
 */
export function measureNesting(bytes: Uint8Array, start: number, end: number): Nesting {
  let open = 0;
  let depth = 0;
  let members = 0;
  let at = start;
  while (at < end) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = stringEnd(bytes, at, end);
      continue;
    }
    at += 1;
    if (byte === COLON) members += 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      open += 1;
      if (open > depth) depth = open;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      open -= 1;
      if (open <= 0) return { end: at, depth, members, isClosed: true };
    }
  }
  return { end, depth, members, isClosed: false };
}

/** Members of a parsed value's objects all together: fewer than were written where one name stood twice. */
export function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const values: unknown[] = Object.values(value);
  return values.reduce<number>((sum, inner) => sum + countMembers(inner), Array.isArray(value) ? 0 : values.length);
}
