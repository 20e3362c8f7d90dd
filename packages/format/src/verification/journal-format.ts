import { readSignedBatch, type SignedBatch } from '../batch-statement.ts';
import type { Result } from '../result.ts';
import { fail, ok } from '../result.ts';

/**
 * The journal holds what is durable and not yet sealed. A file is a header and then entries, each one batch
 * (or the part of one that fell into one block): little-endian fixed header, meta as JSON, canonical lines.
 * The header has a checksum of its own, so that its lengths can be trusted even where the body can't: that
 * tells an append that never finished from damage to something that did.
 */

/** CRC-32 (IEEE 802.3) of `bytes`, going on from `seed`. */
export type Crc32 = (bytes: Uint8Array, seed?: number) => number;

const JOURNAL_HEADER_BYTES = 20;
export const ENTRY_HEADER_BYTES = 40;
const JOURNAL_MAGIC = new TextEncoder().encode('PLWAL1\r\n');
/** "PLE1", read little-endian. */
const ENTRY_MAGIC = 0x31454c50;

export type JournalMeta = {
  readonly class: string;
  readonly observer: string;
  readonly session: string;
  readonly first_seq: number;
  readonly received: string;
  readonly first_timestamp: string;
  readonly last_timestamp: string;
  readonly signed?: SignedBatch;
  /**
   * Ordinal of the first entry of the same group commit. All before it were durable when this one was written; the
   * group itself is written at once, and after a crash any part of it may be there or not.
   */
  readonly group?: number;
};

/** CRC-32 over an entry's body before its lines and after them: with both, the lines can be checked by themselves. */
export type LinesCheck = { readonly before: number; readonly after: number };

export type JournalEntry = {
  readonly ordinal: number;
  readonly block: number;
  /** Of the entry's first record in its block. */
  readonly position: number;
  readonly count: number;
  readonly meta: JournalMeta;
  /** Where the entry's lines lie in the journal file. */
  readonly linesStart: number;
  readonly linesEnd: number;
  readonly check: LinesCheck;
};

/**
 * How the file ends. `torn`: an append that never finished, so nobody was told that it did.
 * `damaged`: bytes fail their checksum; `followed` when they are known to have been whole once, because an entry comes
 * after them that was written later.
 */
export type JournalTail =
  | { readonly kind: 'clean' }
  | { readonly kind: 'torn'; readonly bytes: number }
  | { readonly kind: 'damaged'; readonly message: string; readonly followed: boolean };

export type JournalScan = {
  readonly firstBlock: number;
  readonly entries: readonly JournalEntry[];
  /** Offset just past the last intact entry. */
  readonly end: number;
  readonly tail: JournalTail;
};

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The 20 bytes that a journal begins with. */
export function journalHeader(firstBlock: number, crc32: Crc32): Uint8Array {
  const bytes = new Uint8Array(JOURNAL_HEADER_BYTES);
  const view = viewOf(bytes);
  bytes.set(JOURNAL_MAGIC);
  view.setBigUint64(8, BigInt(firstBlock), true);
  view.setUint32(16, crc32(bytes.subarray(0, 16)), true);
  return bytes;
}

/** Writes an entry's 40-byte header before a body that stands behind it in `bytes`; returns what its lines are checked by. */
export function writeEntryHeader(
  bytes: Uint8Array,
  at: number,
  entry: { ordinal: number; block: number; position: number; count: number; metaBytes: number; linesBytes: number },
  crc32: Crc32,
): LinesCheck {
  const view = viewOf(bytes);
  const lines = at + ENTRY_HEADER_BYTES + entry.metaBytes;
  const before = crc32(bytes.subarray(at + ENTRY_HEADER_BYTES, lines));
  const after = crc32(bytes.subarray(lines, lines + entry.linesBytes), before);
  view.setUint32(at, ENTRY_MAGIC, true);
  view.setUint32(at + 4, entry.ordinal, true);
  view.setBigUint64(at + 8, BigInt(entry.block), true);
  view.setUint32(at + 16, entry.position, true);
  view.setUint32(at + 20, entry.count, true);
  view.setUint32(at + 24, entry.metaBytes, true);
  view.setUint32(at + 28, entry.linesBytes, true);
  view.setUint32(at + 32, after, true);
  view.setUint32(at + 36, crc32(bytes.subarray(at, at + 36)), true);
  return { before, after };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0;
}

function parseMeta(text: string): JournalMeta | undefined {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof input !== 'object' || input === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(input));
  const [className, observer, session] = [fields.get('class'), fields.get('observer'), fields.get('session')];
  const [firstSeq, received] = [fields.get('first_seq'), fields.get('received')];
  const [first, last] = [fields.get('first_timestamp'), fields.get('last_timestamp')];
  if (!isText(className) || !isText(observer) || !isText(session) || !isText(received)) return undefined;
  if (typeof firstSeq !== 'number' || !Number.isSafeInteger(firstSeq) || firstSeq < 0) return undefined;
  if (!isText(first) || !isText(last)) return undefined;
  const group = fields.get('group');
  if (group !== undefined && (typeof group !== 'number' || !Number.isSafeInteger(group))) return undefined;
  const meta = {
    class: className,
    observer,
    session,
    first_seq: firstSeq,
    received,
    first_timestamp: first,
    last_timestamp: last,
    ...(group === undefined ? {} : { group }),
  };
  if (!fields.has('signed')) return meta;
  const signed = readSignedBatch(fields.get('signed'));
  return signed === undefined ? undefined : { ...meta, signed };
}

type EntryRead =
  | { readonly kind: 'entry'; readonly entry: JournalEntry; readonly next: number }
  | { readonly kind: 'short' }
  | { readonly kind: 'bad'; readonly message: string };

function readEntry(bytes: Uint8Array, at: number, ordinal: number | undefined, crc32: Crc32): EntryRead {
  if (bytes.length - at < ENTRY_HEADER_BYTES) return { kind: 'short' };
  const view = viewOf(bytes);
  const whole = view.getUint32(at + 36, true) === crc32(bytes.subarray(at, at + 36));
  if (!whole || view.getUint32(at, true) !== ENTRY_MAGIC)
    return { kind: 'bad', message: 'the entry header fails its checksum' };
  const metaStart = at + ENTRY_HEADER_BYTES;
  const linesStart = metaStart + view.getUint32(at + 24, true);
  const linesEnd = linesStart + view.getUint32(at + 28, true);
  if (linesEnd > bytes.length) return { kind: 'short' };
  const before = crc32(bytes.subarray(metaStart, linesStart));
  const after = crc32(bytes.subarray(linesStart, linesEnd), before);
  if (view.getUint32(at + 32, true) !== after) return { kind: 'bad', message: 'the entry fails its checksum' };
  if (ordinal !== undefined && view.getUint32(at + 4, true) !== ordinal) {
    return { kind: 'bad', message: `entry ${ordinal} is missing or out of order` };
  }
  const meta = parseMeta(new TextDecoder().decode(bytes.subarray(metaStart, linesStart)));
  const block = Number(view.getBigUint64(at + 8, true));
  if (meta === undefined || !Number.isSafeInteger(block))
    return { kind: 'bad', message: 'the entry is not of this format' };
  const entry: JournalEntry = {
    ordinal: view.getUint32(at + 4, true),
    block,
    position: view.getUint32(at + 16, true),
    count: view.getUint32(at + 20, true),
    meta,
    linesStart,
    linesEnd,
    check: { before, after },
  };
  return { kind: 'entry', entry, next: linesEnd };
}

/**
 * Whether an intact entry after `from` shows that entry `ordinal` had been durable: one of a later group commit. Then
 * what is bad before it is damage, and not a part of a write that never finished.
 */
function provesDamage(bytes: Uint8Array, from: number, ordinal: number, crc32: Crc32): boolean {
  const first = ENTRY_MAGIC & 0xff;
  for (let at = bytes.indexOf(first, from); at !== -1; at = bytes.indexOf(first, at + 1)) {
    if (at + ENTRY_HEADER_BYTES > bytes.length) return false;
    if (viewOf(bytes).getUint32(at, true) !== ENTRY_MAGIC) continue;
    const read = readEntry(bytes, at, undefined, crc32);
    if (read.kind === 'entry' && (read.entry.meta.group ?? read.entry.ordinal) > ordinal) return true;
  }
  return false;
}

function hasHeader(bytes: Uint8Array, crc32: Crc32): boolean {
  const isMagic = JOURNAL_MAGIC.every((byte, at) => bytes[at] === byte);
  return isMagic && viewOf(bytes).getUint32(16, true) === crc32(bytes.subarray(0, 16));
}

/**
 * Whether a journal's first group commit never finished: neither its header nor its first entry is there, which are
 * written at once, and nothing shows that they ever were. Then nothing in the file was acknowledged.
 */
export function isUnfinishedJournal(bytes: Uint8Array, crc32: Crc32): boolean {
  if (bytes.length < JOURNAL_HEADER_BYTES) return true;
  if (hasHeader(bytes, crc32) || readEntry(bytes, JOURNAL_HEADER_BYTES, 0, crc32).kind === 'entry') return false;
  return !provesDamage(bytes, 0, 0, crc32);
}

/** Reads a journal file as far as it is intact and tells how it ends. */
export function scanJournal(bytes: Uint8Array, crc32: Crc32): Result<JournalScan, string> {
  if (bytes.length < JOURNAL_HEADER_BYTES) return fail('shorter than a journal header');
  if (!hasHeader(bytes, crc32)) return fail('the journal header fails its checksum');
  const entries: JournalEntry[] = [];
  let end = JOURNAL_HEADER_BYTES;
  let tail: JournalTail = { kind: 'clean' };
  while (end < bytes.length) {
    const read = readEntry(bytes, end, entries.length, crc32);
    if (read.kind === 'entry') {
      entries.push(read.entry);
      end = read.next;
      continue;
    }
    tail =
      read.kind === 'short'
        ? { kind: 'torn', bytes: bytes.length - end }
        : { kind: 'damaged', message: read.message, followed: provesDamage(bytes, end + 1, entries.length, crc32) };
    break;
  }
  return ok({ firstBlock: Number(viewOf(bytes).getBigUint64(8, true)), entries, end, tail });
}
