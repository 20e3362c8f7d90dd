import { createHash, verify } from 'node:crypto';
import { batchSigningInput, batchStatementHash } from '@portledger/format';
import type { BatchStream, Result, SignedBatch } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import type { Batch, StreamEnd } from '../ledger/ledger-shapes.ts';
import type { ObserverKeys } from './observer-keys.ts';
import type { ObserverTurns } from './observer-turns.ts';
import type { SeenCheckpoints } from './seen-checkpoints.ts';

export type BatchFaultCode =
  | 'batch-unsigned'
  | 'batch-key-unknown'
  | 'batch-signature-invalid'
  | 'batch-not-as-signed'
  | 'batch-records-refused'
  | 'batch-chain-broken';

export type BatchFault = { readonly code: BatchFaultCode; readonly message: string };

export type SignedBatchesOptions = {
  readonly keys: ObserverKeys;
  readonly turns: ObserverTurns;
  readonly seen: SeenCheckpoints;
  readonly streamEnd: (observer: string, session: string) => StreamEnd | undefined;
};

/** What a body came to: its records as batches, and how many of them were refused. */
export type ReadBody = { readonly batches: readonly Batch[]; readonly refusedTotal: number };

function fault(code: BatchFaultCode, message: string): { readonly ok: false; readonly fault: BatchFault } {
  return { ok: false, fault: { code, message } };
}

/** Checks what an observer signed against its key, its lines and its stream, before anything of it is stored. */
export class SignedBatches {
  readonly #options: SignedBatchesOptions;

  constructor(options: SignedBatchesOptions) {
    this.#options = options;
  }

  /** Runs `append` with batches that may be appended; nothing else changes the observer's stream meanwhile. */
  async admit<T>(
    body: ReadBody,
    signed: SignedBatch | undefined,
    append: (batches: readonly Batch[]) => Promise<T>,
  ): Promise<Result<T, BatchFault>> {
    if (signed === undefined) {
      const unsigned = this.#unsigned(body.batches);
      return unsigned ?? { ok: true, value: await append(body.batches) };
    }
    const [first] = body.batches;
    if (first === undefined || body.refusedTotal > 0) {
      const message = `${body.refusedTotal} records of the signed batch cannot be taken, and a signed batch is taken whole or not at all.`;
      return fault('batch-records-refused', message);
    }
    return this.#options.turns.take(first.observer, async () => {
      const refusal = this.#check(body.batches, first, signed);
      if (refusal !== undefined) return refusal;
      return { ok: true, value: await append(body.batches.map((batch) => ({ ...batch, signed }))) };
    });
  }

  /** Who is enrolled signs everything: what comes without a signature is somebody else's. */
  #unsigned(batches: readonly Batch[]): { readonly ok: false; readonly fault: BatchFault } | undefined {
    const enrolled = batches.find(({ observer }) => this.#options.keys.isSigning(observer));
    if (enrolled === undefined) return undefined;
    return fault(
      'batch-unsigned',
      `Observer ${JSON.stringify(enrolled.observer)} signs its batches; this one is not signed.`,
    );
  }

  #check(
    batches: readonly Batch[],
    stream: BatchStream,
    signed: SignedBatch,
  ): { readonly ok: false; readonly fault: BatchFault } | undefined {
    const { keys, seen } = this.#options;
    const { observer } = stream;
    const verifier = keys.verifierOf(observer);
    if (verifier === undefined || keys.of(observer)?.keyId !== signed.key) {
      return fault(
        'batch-key-unknown',
        `Key ${signed.key} is not the one that is registered for observer ${JSON.stringify(observer)}.`,
      );
    }
    const input = batchSigningInput(stream, signed);
    if (!verify(null, input, verifier, Buffer.from(signed.signature, 'base64')))
      return fault('batch-signature-invalid', 'The signature is not by the observer’s key, or not over this batch.');
    const apart = whatDiffers(batches, stream, signed);
    if (apart !== undefined) return fault('batch-not-as-signed', `The body is not the one that was signed: ${apart}.`);
    const broken = this.#brokenChain(stream, signed);
    if (broken !== undefined) return fault('batch-chain-broken', broken);
    if (signed.checkpoint !== undefined) seen.look(observer, signed.checkpoint);
    return undefined;
  }

  /**
   * A batch names the one before it. Where nothing new comes (a redelivery), or the observer says that it no longer knows
   * the one before, there is nothing to hold it against; numbers that are missing are a hole, told elsewhere.
   */
  #brokenChain({ observer, session }: BatchStream, signed: SignedBatch): string | undefined {
    const end = this.#options.streamEnd(observer, session);
    const { previous, first_seq: first, count } = signed;
    if (previous === undefined || end?.statement === undefined || first + count <= end.next) return undefined;
    if (previous === end.statement && first >= end.next) return undefined;
    // The same batch once more, of which a crash had kept the first part alone.
    if (batchStatementHash(nodeSha256, { observer, session }, signed) === end.statement) return undefined;
    return `The batch of records ${first} to ${first + count - 1} does not follow the one that this stream ended with, at ${end.next - 1}.`;
  }
}

/** What of the body is not what was signed; undefined where all is. */
function whatDiffers(batches: readonly Batch[], stream: BatchStream, signed: SignedBatch): string | undefined {
  const ordered = batches.toSorted((a, b) => a.firstSeq - b.firstSeq);
  let next = signed.first_seq;
  const hash = createHash('sha256');
  for (const batch of ordered) {
    if (batch.observer !== stream.observer || batch.session !== stream.session) return 'it holds two streams';
    if (batch.firstSeq !== next) return `record ${next} is not in it`;
    next += batch.count;
    hash.update(batch.lines);
  }
  const signedEnd = signed.first_seq + signed.count;
  if (next !== signedEnd) return `it ends with record ${next - 1}, not ${signedEnd - 1}`;
  return hash.digest('hex') === signed.lines_sha256 ? undefined : 'the lines are others';
}
