import type { Appended, Batch } from '../ledger-shapes.ts';
import type { Random } from './memory-file.ts';
import { testBatch } from './test-batches.ts';

/** What a ledger has acknowledged: it must hold these records ever after, those newly taken at these addresses. */
export type Acknowledged = {
  readonly session: string;
  readonly firstSeq: number;
  readonly count: number;
  readonly appended: Appended;
};

const BATCH_RECORDS_MAX = 7;
const SKIP_CHANCE = 0.05;
const LOST_REPLY_CHANCE = 0.15;
const LARGE_CHANCE = 0.04;
const LARGE_RECORDS = 60;

/**
 * One stream's sender, as an agent is: one batch at a time, sent again from the first number that it holds no receipt
 * for, cut anew each time. Numbers that it leaves out are never sent.
 */
export class SimulatedSender {
  readonly session: string;
  readonly class: string;
  readonly acknowledged: Acknowledged[] = [];
  /** Just past the highest number ever sent. */
  sent = 0;
  #next = 0;
  readonly #random: Random;

  constructor(session: string, className: string, random: Random) {
    this.session = session;
    this.class = className;
    this.#random = random;
  }

  batch(): Batch {
    if (this.#next === this.sent && this.#random() < SKIP_CHANCE) this.#next += 1 + Math.floor(this.#random() * 3);
    const isLarge = this.#random() < LARGE_CHANCE;
    const count = isLarge ? LARGE_RECORDS : 1 + Math.floor(this.#random() * BATCH_RECORDS_MAX);
    this.sent = Math.max(this.sent, this.#next + count);
    return testBatch(this.session, this.#next, count, this.class);
  }

  /** The ledger's word counts from when it is given, whether or not the sender gets to hear it. */
  take({ firstSeq, count }: Batch, appended: Appended): void {
    this.acknowledged.push({ session: this.session, firstSeq, count, appended });
    if (this.#random() >= LOST_REPLY_CHANCE) this.#next = firstSeq + count;
  }
}
