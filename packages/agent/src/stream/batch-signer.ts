import { hash } from 'node:crypto';
import { batchSigningInput, batchStatementHash, encodeBase64, verifyCheckpoint } from '@portledger/format';
import type { SeenCheckpoint, SignedBatch } from '@portledger/format';
import type { AgentLog } from '../agent-log.ts';
import { sha256, verifyEd25519 } from './agent-crypto.ts';
import type { AgentKey } from './agent-key.ts';
import type { ChainFile, SentBatch } from './chain-file.ts';
import type { SpoolBatch } from './spool.ts';

export type SignerOptions = {
  readonly observer: string;
  readonly key: AgentKey;
  readonly chain: ChainFile;
  readonly log: AgentLog;
};

/**
 * Signs batches, each naming the one before it in its session. A batch is signed once: until it is delivered or cut
 * smaller, the same lines go out under the same signature, over restarts too, so that the ledger's chain is ours.
 */
export class BatchSigner {
  readonly #options: SignerOptions;
  /** What was signed last, and whether the collector has said that it has it. */
  #sent: SentBatch | undefined;
  #isDelivered = false;
  /** The last batch known to be in the ledger. */
  #tip: { readonly session: string; readonly statement: string } | undefined;
  #seen: SeenCheckpoint | undefined;
  #note = '';

  constructor(options: SignerOptions) {
    this.#options = options;
    const { sent, seen } = options.chain.read();
    this.#sent = sent;
    this.#seen = seen;
    // What follows the batch sent last names it: it arrived, or it is sent again first.
    if (sent !== undefined) this.#tip = { session: sent.session, statement: this.#hashOf(sent) };
  }

  /** Bytes of the batch that must be sent again as it was. */
  get pendingBytes(): number | undefined {
    return this.#isDelivered ? undefined : this.#sent?.bytes;
  }

  /** Where the batch sent last begins: what the session holds before it is delivered. */
  get sentFrom(): { readonly session: string; readonly seq: number } | undefined {
    const sent = this.#sent;
    return sent === undefined ? undefined : { session: sent.session, seq: sent.signed.first_seq };
  }

  sign({ session, firstSeq, records, lines }: SpoolBatch): SignedBatch {
    const linesSha256 = hash('sha256', lines, 'hex');
    const sent = this.#isDelivered ? undefined : this.#sent;
    const isSame =
      sent?.session === session && sent.signed.first_seq === firstSeq && sent.signed.lines_sha256 === linesSha256;
    if (sent !== undefined && isSame) return sent.signed;
    return this.#signAnew({ session, firstSeq, records, bytes: lines.length, linesSha256 }, this.#tipOf(session));
  }

  /** The collector has it. `note` is the checkpoint that it answered with; `vkey` the log's, as pinned at enrolment. */
  async delivered(note: string | undefined, vkey: string): Promise<void> {
    this.#isDelivered = true;
    if (this.#sent !== undefined) this.#tip = { session: this.#sent.session, statement: this.#hashOf(this.#sent) };
    if (note !== undefined && note !== this.#note) await this.#look(note, vkey);
  }

  /** The batch is cut smaller or given up: what comes next follows the one before it. */
  discard(): void {
    const sent = this.#isDelivered ? undefined : this.#sent;
    if (sent === undefined) return;
    const { previous } = sent.signed;
    this.#sent = undefined;
    this.#tip = previous === undefined ? undefined : { session: sent.session, statement: previous };
  }

  /** Begins a new chain, once: the collector holds another end of it. False where the batch names none already. */
  breakChain(): boolean {
    const isChained = this.#sent?.signed.previous !== undefined;
    this.#sent = undefined;
    this.#tip = undefined;
    if (isChained) this.#options.log('warn', 'the collector holds another end of this stream: a new chain is begun');
    return isChained;
  }

  /** An operator has let this agent begin anew: what it saw before is settled. */
  beginAnew(): void {
    this.#sent = undefined;
    this.#tip = undefined;
    this.#seen = undefined;
    this.#options.chain.remove();
  }

  #tipOf(session: string): string | undefined {
    return this.#tip?.session === session ? this.#tip.statement : undefined;
  }

  #signAnew(
    batch: { session: string; firstSeq: number; records: number; bytes: number; linesSha256: string },
    previous: string | undefined,
  ): SignedBatch {
    const { key, observer, chain } = this.#options;
    const { session, bytes } = batch;
    const unsigned = {
      ...(this.#seen === undefined ? {} : { checkpoint: this.#seen }),
      count: batch.records,
      first_seq: batch.firstSeq,
      key: key.keyId,
      lines_sha256: batch.linesSha256,
      ...(previous === undefined ? {} : { previous }),
    };
    const signed = { ...unsigned, signature: key.sign(batchSigningInput({ observer, session }, unsigned)) };
    this.#sent = { session, bytes, signed };
    this.#isDelivered = false;
    chain.write({ sent: this.#sent, ...(this.#seen === undefined ? {} : { seen: this.#seen }) });
    return signed;
  }

  #hashOf({ session, signed }: SentBatch): string {
    return batchStatementHash(sha256, { observer: this.#options.observer, session }, signed);
  }

  /** What was seen once is kept while the log says less: saying it again is how a ledger that was put back is noticed. */
  async #look(note: string, vkey: string): Promise<void> {
    const opened = await verifyCheckpoint(note, vkey, sha256, verifyEd25519);
    const { log } = this.#options;
    if (!opened.ok) {
      log(
        'error',
        `the collector’s checkpoint is not signed with the log’s key as it was at enrolment: ${opened.fault.message}`,
      );
      return;
    }
    this.#note = note;
    const { size } = opened.value;
    const root = encodeBase64(opened.value.root);
    const before = this.#seen;
    if (before !== undefined && (size < before.size || (size === before.size && root !== before.root))) {
      log(
        'error',
        `the collector’s log has ${size} blocks and is not the one of ${before.size} blocks that was seen before: it was put back to an earlier state, or there are two of it`,
      );
      return;
    }
    this.#seen = { root, size };
  }
}
