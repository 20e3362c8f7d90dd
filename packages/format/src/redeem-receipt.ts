import type { AddressRange, Receipt, ReceiptFault, StreamRange } from './receipt.ts';
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

/** A receipt that holds good: its records, all of them, stand in the log as they were sent. */
export type Redeemed = {
  readonly records: number;
  /** Of these: were in the log before the receipt was given. */
  readonly duplicates: number;
  readonly blocks: number;
  readonly size: number;
};

export type RecordPlace = { readonly block: number; readonly position: number };
/** Fetches the proof of some records; a refusal tells why there is none. */
export type ProveRecords = (places: readonly RecordPlace[]) => Promise<Result<RecordSetProof, ReceiptFault>>;
/** Finds where records of a stream stand, in the order of their numbers. It need not be trusted: what it names is proven. */
export type LocateRecords = (range: StreamRange) => Promise<Result<readonly AddressRange[], ReceiptFault>>;

export type RedeemTools = {
  readonly vkey: string;
  /** SHA-256. */
  readonly hash: Hash;
  /** SHA-256 over what it is given bit by bit. */
  readonly linesHash: () => { update(bytes: Uint8Array): unknown; digest(encoding: 'hex'): string };
  readonly verifyEd25519: VerifyEd25519;
  readonly prove: ProveRecords;
  readonly locate: LocateRecords;
};

/** Records and blocks asked for at once: what the API proves in one answer. */
const PLACES_MAX = 256;
const BLOCKS_MAX = 32;

/** A record to prove; a duplicate was received before the receipt was given, all others at that moment. */
type WantedPlace = RecordPlace & { readonly isDuplicate: boolean };

function* placesIn(ranges: Iterable<AddressRange>, isDuplicate: boolean): Generator<WantedPlace, void> {
  for (const { block, position, count } of ranges) {
    for (let place = position; place < position + count; place += 1) yield { block, position: place, isDuplicate };
  }
}

/** Every record of a receipt in the order of its lines: those with an address, and between them those found by number. */
async function* placesOf(
  { records, duplicates, count }: Receipt,
  locate: LocateRecords,
): AsyncGenerator<Result<WantedPlace, ReceiptFault>, void> {
  const addressed = placesIn(records, false);
  let line = 0;
  for (const run of [...duplicates, { line: count, count: 0 }]) {
    for (; line < run.line; line += 1) {
      const next = addressed.next();
      if (next.done !== true) yield ok(next.value);
    }
    if (!('session' in run)) return;
    const found = await locate(run);
    if (!found.ok) {
      yield found;
      return;
    }
    for (const place of placesIn(found.value, true)) yield ok(place);
    line += run.count;
  }
}

/** The same in portions of what may be asked for at once. */
async function* portionsOf(
  receipt: Receipt,
  locate: LocateRecords,
): AsyncGenerator<Result<readonly WantedPlace[], ReceiptFault>, void> {
  let portion: WantedPlace[] = [];
  let blocks = new Set<number>();
  for await (const place of placesOf(receipt, locate)) {
    if (!place.ok) {
      yield place;
      return;
    }
    const { block } = place.value;
    if (portion.length === PLACES_MAX || (blocks.size === BLOCKS_MAX && !blocks.has(block))) {
      yield ok(portion);
      portion = [];
      blocks = new Set();
    }
    portion.push(place.value);
    blocks.add(block);
  }
  if (portion.length > 0) yield ok(portion);
}

function keyOf({ block, position }: RecordPlace): string {
  return `${block}:${position}`;
}

type ProvenRecord = SetRecordFacts & { readonly isDuplicate: boolean };
type ProvenPortion = { readonly facts: SetFacts; readonly records: readonly ProvenRecord[] };

/** The proven records of a portion, in its order. */
async function provenIn(
  portion: readonly WantedPlace[],
  receipt: Receipt,
  tools: RedeemTools,
): Promise<Result<ProvenPortion, ReceiptFault>> {
  const set = await tools.prove(portion.map(({ block, position }) => ({ block, position })));
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
  const records = portion.flatMap(({ isDuplicate, ...place }) => {
    const record = byPlace.get(keyOf(place));
    return record === undefined ? [] : [{ ...record, isDuplicate }];
  });
  return records.length === portion.length
    ? ok({ facts: verified.value, records })
    : fail({ code: 'not-proven', message: 'the proof leaves out records that were asked for' });
}

/** What is wrong with when a record was received, if anything is. */
function faultOfTime({ batch, isDuplicate, ...place }: ProvenRecord, { received }: Receipt): ReceiptFault | undefined {
  if (isDuplicate ? batch.received <= received : batch.received === received) return undefined;
  const when = isDuplicate ? 'and so after the receipt was given' : 'and not when the receipt was given';
  return { code: 'lines-differ', message: `record ${keyOf(place)} was received ${batch.received}, ${when}` };
}

/**
 * Redeems a receipt: every record that it names is proven to stand in the log, and their lines to be the very ones that
 * were sent. Nothing that is not proven passes.
 */
export async function redeemReceipt(receipt: Receipt, tools: RedeemTools): Promise<Result<Redeemed, ReceiptFault>> {
  const lines = tools.linesHash();
  const blocks = new Set<number>();
  const utf8 = new TextEncoder();
  let proven = 0;
  let size = 0;
  for await (const portion of portionsOf(receipt, tools.locate)) {
    if (!portion.ok) return portion;
    const found = await provenIn(portion.value, receipt, tools);
    if (!found.ok) return found;
    size = Math.max(size, found.value.facts.checkpoint.size);
    for (const record of found.value.records) {
      const fault = faultOfTime(record, receipt);
      if (fault !== undefined) return fail(fault);
      lines.update(utf8.encode(`${record.line}\n`));
      blocks.add(record.block);
      proven += 1;
    }
  }
  if (proven !== receipt.count) {
    const message = `${proven} of its ${receipt.count} records are in the log`;
    return fail({ code: 'not-found', message });
  }
  const duplicates = receipt.duplicates.reduce((sum, run) => sum + run.count, 0);
  if (lines.digest('hex') !== receipt.linesSha256) {
    const others = 'other lines stand in the log than those that this receipt was given for: their SHA-256 differs';
    const twice = `${others}. ${duplicates} of them carried numbers that were taken: a sender that numbers two records alike loses the second`;
    return fail({ code: 'lines-differ', message: duplicates === 0 ? others : twice });
  }
  return ok({ records: proven, duplicates, blocks: blocks.size, size });
}
