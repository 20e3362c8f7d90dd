import type { AppendFault } from './ledger-shapes.ts';
import { SEAL_RETRY_MS } from './limits.ts';
import type { Published, RoundJob, SealingPort } from './sealing-port.ts';

/** Rounds on their way to publication, in order. Retries while the disk is full; stops for good when it fails. */
export class SealQueue {
  readonly #port: SealingPort;
  readonly #onPublished: (published: Published, round: RoundJob) => void;
  readonly #rounds: RoundJob[] = [];
  #isRunning = false;
  #isKicked = false;
  #waiting: (() => void)[] = [];
  #retryTimer: NodeJS.Timeout | undefined;
  /** Why appends must be refused for now (disk full, read-only) or for good (failed). */
  fault: AppendFault | undefined;
  failures = 0;
  /** Told after every attempt: there may be room for another round. */
  onChange: () => void = () => undefined;

  constructor(port: SealingPort, onPublished: (published: Published, round: RoundJob) => void) {
    this.#port = port;
    this.#onPublished = onPublished;
  }

  /** Rounds closed and not yet published. */
  get waiting(): number {
    return this.#rounds.length;
  }

  add(round: RoundJob): void {
    this.#rounds.push(round);
    this.#kick();
  }

  /** Resolves at the next change of anything. */
  progress(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return promise;
  }

  /** Resolves once the rounds before `block` are published, or nothing can go on. */
  async published(block: number): Promise<void> {
    while (this.fault === undefined && (this.#rounds[0]?.firstBlock ?? block) < block) await this.progress();
  }

  announce(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #kick(): void {
    if (this.fault?.code === 'failed') return;
    this.#isKicked = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#isKicked = false;
    this.#run()
      .catch((error: unknown) => this.#fail(error instanceof Error ? error.message : String(error)))
      .finally(() => {
        this.#isRunning = false;
        this.#changed();
        if (this.#isKicked && this.fault === undefined) this.#kick(); // a round came in after the loop had looked
      });
  }

  #changed(): void {
    this.onChange();
    this.announce();
  }

  async #run(): Promise<void> {
    for (let round = this.#rounds[0]; round !== undefined; round = this.#rounds[0]) {
      const outcome = await this.#port.seal(round);
      if (!outcome.ok) {
        this.failures += 1;
        const { code, message } = outcome.fault;
        if (code === 'io') {
          this.#fail(message);
          return;
        }
        this.fault = { code, message };
        this.#retryTimer = setTimeout(() => this.#kick(), SEAL_RETRY_MS);
        return;
      }
      this.fault = undefined;
      this.#rounds.shift();
      this.#onPublished(outcome.value, round);
      this.#changed();
    }
  }

  #fail(message: string): void {
    this.fault = {
      code: 'failed',
      message: `the ledger stopped, because sealing failed: ${message}. Restart the collector`,
    };
  }

  async close(): Promise<void> {
    clearTimeout(this.#retryTimer);
    await this.#port.close();
  }
}
