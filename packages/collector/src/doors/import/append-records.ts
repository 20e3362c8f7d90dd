import type { Result, RetentionPolicy } from '@portledger/format';
import { timestampFromMicros } from '@portledger/format';
import type { Ledger } from '../../ledger/ledger-shapes.ts';
import { IMPORT_CHUNK_BYTES } from '../../limits.ts';
import { DoorStreams } from '../../normalise/door-stream.ts';
import type { Quarantine } from '../../normalise/quarantine.ts';
import { DEFAULT_RETENTION_POLICY, RetentionClassifier } from '../../normalise/retention-class.ts';
import { LineSource } from '../../normalise/record-source.ts';
import type { Refusal } from '../../normalise/refusal.ts';
import type { Sender } from '../../normalise/sender.ts';
import { takeIn } from '../../normalise/take-in.ts';
import type { TakeInFault, TakeInServices } from '../../normalise/take-in.ts';
import { Turns } from '../turns.ts';

/** How far an import is. `lines` counts every line, blank ones too. */
export type ImportProgress = {
  readonly lines: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: number;
};

export type ImportOptions = {
  readonly ledger: Ledger;
  readonly quarantine: Quarantine;
  /** Epoch microseconds. */
  readonly clock: () => number;
  /** Name of the observer whose stream unnumbered records get. */
  readonly observer: string;
  /** Which classes records belong to; by default all to one. */
  readonly retention?: RetentionPolicy;
  /** Told of each refused line, at most 100 of each megabyte. */
  readonly onRefused?: (refusal: Refusal) => void;
  readonly onProgress?: (progress: ImportProgress) => void;
};

const LINE_FEED = 0x0a;

/** Cuts a stream of bytes into pieces that end with a line. A line longer than a piece is cut: it is refused anyway. */
async function* linePieces(input: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let isSkipping = false;
  for await (const part of input) {
    let bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    if (isSkipping) {
      const lineEnd = bytes.indexOf(LINE_FEED);
      if (lineEnd === -1) continue;
      bytes = bytes.subarray(lineEnd + 1);
      isSkipping = false;
    }
    held.push(bytes);
    heldBytes += bytes.length;
    if (heldBytes < IMPORT_CHUNK_BYTES) continue;
    const whole = Buffer.concat(held, heldBytes);
    const end = whole.lastIndexOf(LINE_FEED) + 1;
    isSkipping = end === 0;
    yield end === 0 ? whole : whole.subarray(0, end);
    const rest = end === 0 ? Buffer.alloc(0) : whole.subarray(end);
    held = [rest];
    heldBytes = rest.length;
  }
  if (heldBytes > 0) yield Buffer.concat(held, heldBytes);
}

/**
 * Appends NDJSON to a ledger in this process, by exactly the door's rules: per-record refusals, quarantine, numbering of
 * what is unnumbered. For `portledger import` on a data folder that no collector has open. Stops at the first fault of
 * the ledger; what was appended until then stays.
 */
export async function appendRecords(
  input: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<Result<ImportProgress, TakeInFault>> {
  const sender: Sender = { name: '(import)', observer: options.observer, isAnyObserverAllowed: true };
  const turns = new Turns();
  const services: TakeInServices = {
    ledger: options.ledger,
    quarantine: options.quarantine,
    signatures: undefined,
    streams: new DoorStreams(),
    classes: new RetentionClassifier(options.retention ?? DEFAULT_RETENTION_POLICY),
    turn: (name) => turns.next(name),
  };
  const receivedNow = (): string => timestampFromMicros(options.clock());
  let progress: ImportProgress = { lines: 0, accepted: 0, duplicates: 0, refused: 0 };
  for await (const piece of linePieces(input)) {
    const bytes = Buffer.allocUnsafe(piece.length + 1);
    piece.copy(bytes);
    const source = new LineSource(bytes, piece.length, progress.lines);
    const taken = await takeIn({ bytes, source, sender }, services, receivedNow);
    if (!taken.ok && taken.fault.code !== 'body-empty') return taken;
    const { appended, refusals, refusedTotal } = taken.ok ? taken.value : NOTHING_TAKEN;
    for (const refusal of refusals) options.onRefused?.(refusal);
    progress = {
      lines: source.line,
      accepted: progress.accepted + appended.accepted,
      duplicates: progress.duplicates + appended.duplicates,
      refused: progress.refused + refusedTotal,
    };
    options.onProgress?.(progress);
  }
  return { ok: true, value: progress };
}

/** A piece of blank lines alone. */
const NOTHING_TAKEN = { appended: { accepted: 0, duplicates: 0 }, refusals: [], refusedTotal: 0 } as const;
