import { isJsonObject } from './json-value.ts';
import { BLOCK_RECORDS_MAX } from './limits.ts';
import {
  verifyRecordSetProof,
  type RecordSetProof,
  type SetFacts,
  type SetFault,
  type SetRecordFacts,
} from './record-set-proof.ts';
import { fail, ok, type Result } from './result.ts';
import type { Hash } from './sha256.ts';
import type { VerifyEd25519 } from './signed-note.ts';

/** `count` records from `position` of `block` on. */
export type AddressRange = { readonly block: number; readonly position: number; readonly count: number };

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
};

export type ReceiptFault = {
  readonly code:
    | 'malformed-receipt'
    | 'other-log'
    | 'not-sealed'
    | 'not-found'
    | 'pruned'
    | 'not-proven'
    | 'lines-differ'
    | 'covers-duplicates';
  readonly message: string;
};

/** A receipt that holds good: its records, all of them, stand in the log as they were accepted. */
export type Redeemed = { readonly records: number; readonly blocks: number; readonly size: number };

export type RecordPlace = { readonly block: number; readonly position: number };
/** Fetches the proof of some records; a refusal tells why there is none. */
export type ProveRecords = (
  places: readonly RecordPlace[],
) => Promise<Result<RecordSetProof, Pick<ReceiptFault, 'message'> & { readonly code: ReceiptFault['code'] }>>;

export type RedeemTools = {
  readonly vkey: string;
  /** SHA-256. */
  readonly hash: Hash;
  /** SHA-256 over what it is given bit by bit. */
  readonly linesHash: () => { update(bytes: Uint8Array): unknown; digest(encoding: 'hex'): string };
  readonly verifyEd25519: VerifyEd25519;
  readonly prove: ProveRecords;
};

/** Records and blocks asked for at once: what the API proves in one answer. */
const PLACES_MAX = 256;
const BLOCKS_MAX = 32;

function isCount(value: unknown, max: number = Number.MAX_SAFE_INTEGER): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max;
}

function addressRange(value: unknown): AddressRange | undefined {
  if (!isJsonObject(value)) return undefined;
  const { block, position, count } = value;
  const fits = isCount(block) && isCount(position, BLOCK_RECORDS_MAX) && isCount(count, BLOCK_RECORDS_MAX) && count > 0;
  return fits ? { block, position, count } : undefined;
}

/** Reads a receipt, or the whole answer of `POST /v1/records` that holds one, from JSON. */
export function readReceipt(input: unknown): Result<Receipt, ReceiptFault> {
  const value = isJsonObject(input) && input['receipt'] !== undefined ? input['receipt'] : input;
  const malformed = (what: string) =>
    fail({ code: 'malformed-receipt' as const, message: `this is not a receipt: ${what}` });
  if (!isJsonObject(value)) return malformed('it is not a JSON object');
  const { origin, received, count, lines_sha256: linesSha256, records } = value;
  if (typeof origin !== 'string' || typeof received !== 'string') return malformed('it names no log or no time');
  if (typeof linesSha256 !== 'string' || !/^[0-9a-f]{64}$/.test(linesSha256))
    return malformed('it has no lines_sha256');
  const ranges = Array.isArray(records) ? records.map(addressRange).filter((range) => range !== undefined) : [];
  if (!Array.isArray(records) || ranges.length !== records.length) return malformed('its addresses cannot be read');
  const addressed = ranges.reduce((sum, range) => sum + range.count, 0);
  if (!isCount(count) || count === 0 || addressed > count) return malformed('its count does not fit its addresses');
  return ok({ origin, received, count, linesSha256, records: ranges });
}

/** The places of all ranges in order, in portions of what may be asked for at once. */
function* portionsOf(ranges: readonly AddressRange[]): Generator<readonly RecordPlace[]> {
  let portion: RecordPlace[] = [];
  let blocks = new Set<number>();
  for (const { block, position, count } of ranges) {
    for (let place = position; place < position + count; place += 1) {
      if (portion.length === PLACES_MAX || (blocks.size === BLOCKS_MAX && !blocks.has(block))) {
        yield portion;
        portion = [];
        blocks = new Set();
      }
      portion.push({ block, position: place });
      blocks.add(block);
    }
  }
  if (portion.length > 0) yield portion;
}

function keyOf({ block, position }: RecordPlace): string {
  return `${block}:${position}`;
}

/** The proven records of a portion, in its order. */
async function provenIn(
  portion: readonly RecordPlace[],
  receipt: Receipt,
  tools: RedeemTools,
): Promise<Result<{ readonly facts: SetFacts; readonly records: readonly SetRecordFacts[] }, ReceiptFault>> {
  const set = await tools.prove(portion);
  if (!set.ok) return set;
  const verified: Result<SetFacts, SetFault> = await verifyRecordSetProof(
    set.value,
    tools.vkey,
    tools.hash,
    tools.verifyEd25519,
  );
  if (!verified.ok) {
    const { block = -1, position = -1, message } = verified.fault;
    const where = block < 0 ? '' : ` of record ${keyOf({ block, position })}`;
    return fail({ code: 'not-proven', message: `the proof${where} does not hold: ${message}` });
  }
  const { origin } = verified.value.checkpoint;
  if (origin !== receipt.origin)
    return fail({ code: 'other-log', message: `the receipt is of the log ${receipt.origin}, this one is ${origin}` });
  const byPlace = new Map(verified.value.records.map((record) => [keyOf(record), record]));
  const records = portion.map((place) => byPlace.get(keyOf(place))).filter((record) => record !== undefined);
  return records.length === portion.length
    ? ok({ facts: verified.value, records })
    : fail({ code: 'not-proven', message: 'the proof leaves out records that were asked for' });
}

/**
 * Redeems a receipt: every record that it names is proven to stand in the log, and their lines to be the very ones that
 * were accepted. Nothing that is not proven passes.
 */
export async function redeemReceipt(receipt: Receipt, tools: RedeemTools): Promise<Result<Redeemed, ReceiptFault>> {
  const lines = tools.linesHash();
  const blocks = new Set<number>();
  const utf8 = new TextEncoder();
  let proven = 0;
  let size = 0;
  for (const portion of portionsOf(receipt.records)) {
    const found = await provenIn(portion, receipt, tools);
    if (!found.ok) return found;
    size = Math.max(size, found.value.facts.checkpoint.size);
    for (const { line, block, position, batch } of found.value.records) {
      if (batch.received !== receipt.received) {
        const where = keyOf({ block, position });
        const message = `record ${where} was received ${batch.received}, and not when the receipt was given`;
        return fail({ code: 'lines-differ', message });
      }
      lines.update(utf8.encode(`${line}\n`));
      blocks.add(block);
      proven += 1;
    }
  }
  if (proven < receipt.count) {
    return fail({
      code: 'covers-duplicates',
      message:
        `${receipt.count - proven} of its ${receipt.count} records were in the ledger before and have no address in this receipt, so ` +
        `its hash can't be recomputed; the ${proven} others are in the log. Redeem the receipt of their first sending`,
    });
  }
  if (lines.digest('hex') !== receipt.linesSha256) {
    return fail({
      code: 'lines-differ',
      message:
        'other lines stand at the addresses of this receipt than those that it was given for: their SHA-256 differs',
    });
  }
  return ok({ records: proven, blocks: blocks.size, size });
}
