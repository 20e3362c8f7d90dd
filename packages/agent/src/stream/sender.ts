import { setTimeout as delay } from 'node:timers/promises';
import { RETRY_BLOCKED_MS, SEND_BYTES_MAX } from '../limits.ts';
import type { AgentLog } from '../agent-log.ts';
import { Backoff } from './backoff.ts';
import type { CollectorClient } from './collector-client.ts';
import type { Delivery, Refusal } from './delivery.ts';
import type { Signing } from './signing.ts';
import type { Spool, SpoolBatch } from './spool.ts';

export type SenderState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'delivering' }
  /** Lines wait in the spool and are tried again by themselves. */
  | { readonly kind: 'waiting'; readonly message: string }
  /** The collector turns this agent away; it is asked again seldom. */
  | { readonly kind: 'turned-away'; readonly message: string };

export type SenderCounters = {
  readonly sent: number;
  readonly duplicates: number;
  readonly refused: number;
  readonly retries: number;
};

export type SenderOptions = {
  readonly spool: Spool;
  readonly client: CollectorClient;
  /** Without it batches go out unsigned. */
  readonly signing?: Signing;
  readonly log: AgentLog;
  readonly blockedRetryMs?: number;
};

/**
 * Sends what is in the spool, oldest first, one batch at a time. A batch leaves the spool only once the collector has
 * told what became of each of its records; until then the same lines are sent again.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #backoff = new Backoff();
  readonly #stop = new AbortController();
  #state: SenderState = { kind: 'connecting' };
  #sent = 0;
  #duplicates = 0;
  #refused = 0;
  #retries = 0;
  #bytesMax = SEND_BYTES_MAX;
  #wakeUp: (() => void) | undefined;
  #more = false;
  #draining = false;
  #running: Promise<void> | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  get state(): SenderState {
    return this.#state;
  }

  get counters(): SenderCounters {
    return { sent: this.#sent, duplicates: this.#duplicates, refused: this.#refused, retries: this.#retries };
  }

  start(): void {
    this.#more = true;
    this.#running ??= this.#run();
  }

  /** There is something new in the spool. */
  wake(): void {
    this.#more = true;
    this.#wakeUp?.();
  }

  /** Delivers what is left for at most `drainMs`, then stops; nothing is tried twice on the way out. */
  async stop(drainMs: number): Promise<void> {
    this.#draining = true;
    this.wake();
    const timer = setTimeout(() => this.#stop.abort(), drainMs);
    await this.#running;
    clearTimeout(timer);
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#more = false;
      const { spool, signing } = this.#options;
      let batch: SpoolBatch | undefined;
      try {
        batch = await spool.next(signing?.pendingBytes ?? this.#bytesMax);
      } catch (cause) {
        // The disk may answer later: an agent that ended here would see nothing any more.
        this.#retries += 1;
        this.#enter({ kind: 'waiting', message: `the spool cannot be read: ${String(cause)}` });
        if (this.#draining || !(await pause(this.#backoff.next(), signal))) return;
        continue;
      }
      if (batch !== undefined) {
        const pauseMs = await this.#settle(batch, await this.#deliver(batch));
        if (pauseMs > 0 && (this.#draining || !(await pause(pauseMs, signal)))) return;
      } else if (this.#draining) {
        return;
      } else if (!this.#more) {
        await new Promise<void>((resolve) => {
          this.#wakeUp = resolve;
        });
        this.#wakeUp = undefined;
      }
    }
  }

  async #deliver(batch: SpoolBatch): Promise<Delivery> {
    const { client, signing } = this.#options;
    const { signal } = this.#stop;
    const unenrolled = await signing?.enrol(signal);
    return unenrolled ?? client.post(batch.lines, signal, signing?.sign(batch));
  }

  /** Milliseconds to wait before the next try; 0 to go on. */
  async #settle(batch: SpoolBatch, delivery: Delivery): Promise<number> {
    switch (delivery.kind) {
      case 'delivered':
        await this.#delivered(batch, delivery);
        return 0;
      case 'too-much':
        return this.#refusedWhole(batch, delivery.message);
      case 'later': {
        this.#retries += 1;
        // A new connection is opened in place of the stale one, so this cannot go round in a circle.
        if (delivery.atOnce === true) return 0;
        this.#enter({ kind: 'waiting', message: delivery.message });
        return Math.max(delivery.afterMs ?? 0, this.#backoff.next());
      }
      case 'turned-away':
        this.#retries += 1;
        if (this.#options.signing?.mends(delivery) === true) return 0;
        this.#enter({ kind: 'turned-away', message: delivery.message });
        return this.#options.blockedRetryMs ?? RETRY_BLOCKED_MS;
      default:
        return delivery satisfies never;
    }
  }

  async #delivered(batch: SpoolBatch, delivery: Delivery & { readonly kind: 'delivered' }): Promise<void> {
    this.#sent += delivery.accepted + delivery.duplicates;
    this.#duplicates += delivery.duplicates;
    this.#refused += delivery.refusedTotal;
    if (delivery.refusedTotal > 0) this.#tellRefused(batch, delivery.refusals, delivery.refusedTotal);
    await this.#options.signing?.delivered(delivery.checkpoint);
    await this.#options.spool.acknowledge(batch);
    this.#backoff.reset();
    this.#bytesMax = SEND_BYTES_MAX;
    this.#enter({ kind: 'delivering' });
  }

  /** A body that is not taken whole is sent in ever smaller parts; a single record that is not taken is given up. */
  async #refusedWhole(batch: SpoolBatch, message: string): Promise<number> {
    this.#options.signing?.discard();
    const firstEnd = batch.lines.indexOf(0x0a) + 1;
    if (firstEnd < batch.size) {
      this.#bytesMax = Math.max(Math.floor(batch.size / 2), 1);
      return 0;
    }
    this.#refused += 1;
    this.#tellRefused(batch, [{ line: 1, code: 'body-refused', reason: message }], 1);
    await this.#options.spool.acknowledge(batch);
    return 0;
  }

  #tellRefused(batch: SpoolBatch, refusals: readonly Refusal[], total: number): void {
    const [first] = refusals;
    const line = first === undefined ? undefined : batch.lines.toString().split('\n')[first.line - 1];
    this.#options.log('error', `the collector refused ${total} of this agent's records; they are not sent again`, {
      ...(first === undefined ? {} : { code: first.code, reason: first.reason, field: first.field ?? '' }),
      ...(line === undefined ? {} : { line }),
    });
  }

  #enter(state: SenderState): void {
    const before = this.#state;
    this.#state = state;
    if (before.kind === state.kind && describe(before) === describe(state)) return;
    switch (state.kind) {
      case 'connecting':
        break;
      case 'delivering':
        if (before.kind !== 'delivering') this.#options.log('info', 'records reach the collector');
        break;
      case 'waiting':
        this.#options.log('warn', `the collector does not take records now, they wait in the spool: ${state.message}`);
        break;
      case 'turned-away':
        this.#options.log('error', `the collector turns this agent away, records wait in the spool: ${state.message}`);
        break;
      default:
        state satisfies never;
    }
  }
}

function describe(state: SenderState): string {
  return 'message' in state ? state.message : '';
}

/** False when stopped meanwhile. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
