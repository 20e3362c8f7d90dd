import type { SignedBatch } from '@portledger/format';
import type { AgentLog } from '../agent-log.ts';
import { AgentKey } from './agent-key.ts';
import { BatchSigner } from './batch-signer.ts';
import { ChainFile } from './chain-file.ts';
import type { CollectorClient } from './collector-client.ts';
import type { Delivery, TurnedAway } from './delivery.ts';
import { readEnrolment, writeEnrolment } from './enrolment-file.ts';
import type { Enrolment } from './enrolment-file.ts';
import { registerKey } from './register-key.ts';
import type { SpoolBatch } from './spool.ts';

export type SigningOptions = {
  /** Folder of the key, the enrolment and the chain, 0700. */
  readonly dir: string;
  readonly observer: string;
  readonly collectorUrl: string;
  readonly client: CollectorClient;
  readonly log: AgentLog;
};

/** An agent's signing: its key registered at the collector, and each batch signed with it. */
export class Signing {
  readonly #options: SigningOptions;
  readonly #key: AgentKey;
  readonly #signer: BatchSigner;
  #enrolment: Enrolment | undefined;
  /** Enrolled since the last delivery: to be turned away again right after is no reason to enrol once more. */
  #isFresh = false;

  /** Throws when the key's file cannot be read or made. */
  constructor(options: SigningOptions) {
    const { dir, observer, collectorUrl, log } = options;
    this.#options = options;
    this.#key = AgentKey.open(dir);
    this.#signer = new BatchSigner({ observer, key: this.#key, chain: new ChainFile(dir), log });
    const standing = readEnrolment(dir);
    const isOurs =
      standing?.collector === collectorUrl && standing.observer === observer && standing.keyId === this.#key.keyId;
    this.#enrolment = isOurs ? standing : undefined;
  }

  get pendingBytes(): number | undefined {
    return this.#signer.pendingBytes;
  }

  /** Where the batch sent last begins: what its session holds before it is delivered. */
  get sentFrom(): { readonly session: string; readonly seq: number } | undefined {
    return this.#signer.sentFrom;
  }

  sign(batch: SpoolBatch): SignedBatch {
    return this.#signer.sign(batch);
  }

  /** Registers the key where that is not done yet. Undefined when batches may be sent. */
  async enrol(signal: AbortSignal): Promise<Delivery | undefined> {
    if (this.#enrolment !== undefined) return undefined;
    const { client, collectorUrl, dir, observer, log } = this.#options;
    const outcome = await registerKey(client, this.#key, observer, signal);
    if (outcome.kind === 'not-registered') return outcome.delivery;
    const { vkey, registered } = outcome.value;
    const before = readEnrolment(dir);
    if (before !== undefined && before.registered !== registered) this.#signer.beginAnew();
    this.#enrolment = { collector: collectorUrl, observer, keyId: this.#key.keyId, vkey, registered };
    this.#isFresh = true;
    writeEnrolment(dir, this.#enrolment);
    log('info', `this agent signs its records with key ${this.#key.keyId}, which is registered at the collector`);
    return undefined;
  }

  async delivered(checkpoint: string | undefined): Promise<void> {
    this.#isFresh = false;
    await this.#signer.delivered(checkpoint, this.#enrolment?.vkey ?? '');
  }

  discard(): void {
    this.#signer.discard();
  }

  /** Whether there is something that this agent can do itself about being turned away; then the batch is sent again. */
  mends({ code }: TurnedAway): boolean {
    if (code === 'batch-chain-broken') return this.#signer.breakChain();
    if (code !== 'batch-key-unknown' || this.#isFresh) return false;
    this.#enrolment = undefined;
    return true;
  }
}
