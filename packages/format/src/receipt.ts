import { isJsonObject } from './json-value.ts';
import { BLOCK_RECORDS_MAX } from './limits.ts';
import { fail, ok, type Result } from './result.ts';

/** `count` records from `position` of `block` on. */
export type AddressRange = { readonly block: number; readonly position: number; readonly count: number };

/** `count` records of one stream from the sequence number `firstSeq` on. */
export type StreamRange = {
  readonly observer: string;
  readonly session: string;
  readonly firstSeq: number;
  readonly count: number;
};

/** Lines that the ledger held before: they are named by their numbers. `line` is the first one's place, from 0. */
export type DuplicateLines = StreamRange & { readonly line: number };

/** What a sender was told when its records had become durable. */
export type Receipt = {
  readonly origin: string;
  readonly received: string;
  /** Records that the hash covers: those accepted, and those that were in the ledger before. */
  readonly count: number;
  /** SHA-256, hex, over the canonical lines, each ended by a newline. */
  readonly linesSha256: string;
  /** Where the accepted records stand, in the order of their lines. */
  readonly records: readonly AddressRange[];
  /** The others, in the order of their lines. */
  readonly duplicates: readonly DuplicateLines[];
};

export type ReceiptFault = {
  readonly code:
    | 'malformed-receipt'
    | 'other-log'
    | 'not-sealed'
    | 'not-found'
    | 'pruned'
    | 'not-proven'
    | 'lines-differ';
  readonly message: string;
};

function isCount(value: unknown, max: number = Number.MAX_SAFE_INTEGER): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max;
}

function addressRange(value: unknown): AddressRange | undefined {
  if (!isJsonObject(value)) return undefined;
  const { block, position, count } = value;
  const fits = isCount(block) && isCount(position, BLOCK_RECORDS_MAX) && isCount(count, BLOCK_RECORDS_MAX) && count > 0;
  return fits ? { block, position, count } : undefined;
}

function duplicateLines(value: unknown): DuplicateLines | undefined {
  if (!isJsonObject(value)) return undefined;
  const { line, observer, session, first_seq: firstSeq, count } = value;
  if (typeof observer !== 'string' || typeof session !== 'string') return undefined;
  const fits = isCount(line) && isCount(firstSeq) && isCount(count) && count > 0 && isCount(firstSeq + count);
  return fits ? { line, observer, session, firstSeq, count } : undefined;
}

/** Every entry read; undefined when one of them, or the list, is not what it should be. */
function listOf<T>(input: unknown, read: (value: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(input)) return undefined;
  const entries = input.map(read).filter((entry) => entry !== undefined);
  return entries.length === input.length ? entries : undefined;
}

/** Whether the runs follow on one another within `count` lines, none covering another's. */
function isInOrder(runs: readonly DuplicateLines[], count: number): boolean {
  return runs.every((run, at) => run.line + run.count <= (runs[at + 1]?.line ?? count));
}

/** Reads a receipt, or the whole answer of `POST /v1/records` that holds one, from JSON. */
export function readReceipt(input: unknown): Result<Receipt, ReceiptFault> {
  const value = isJsonObject(input) && input['receipt'] !== undefined ? input['receipt'] : input;
  const malformed = (what: string) =>
    fail({ code: 'malformed-receipt' as const, message: `this is not a receipt: ${what}` });
  if (!isJsonObject(value)) return malformed('it is not a JSON object');
  const { origin, received, count, lines_sha256: linesSha256 } = value;
  if (typeof origin !== 'string' || typeof received !== 'string') return malformed('it names no log or no time');
  if (typeof linesSha256 !== 'string' || !/^[0-9a-f]{64}$/.test(linesSha256))
    return malformed('it has no lines_sha256');
  const records = listOf(value['records'], addressRange);
  if (records === undefined) return malformed('its addresses cannot be read');
  const duplicates = listOf(value['duplicates'] ?? [], duplicateLines);
  if (duplicates === undefined) return malformed('its duplicates cannot be read');
  const told = [...records, ...duplicates].reduce((sum, range) => sum + range.count, 0);
  if (!isCount(count) || count === 0 || told !== count) return malformed('its count does not fit its records');
  if (!isInOrder(duplicates, count)) return malformed('its duplicates are out of order');
  return ok({ origin, received, count, linesSha256, records, duplicates });
}
