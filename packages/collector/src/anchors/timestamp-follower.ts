import { mkdir } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { placeDurablyLater, syncPath } from '../ledger/durable-file.ts';
import type { PublishedLog } from '../ledger/published-log.ts';
import { TIMESTAMP_RETRY_MS_MIN } from './limits.ts';
import type { TimestampFacts } from './timestamp-check.ts';
import { requestTimestamp } from './timestamp-client.ts';
import type { TimestampAuthority } from './timestamp-client.ts';
import type { TimestampFault } from './timestamp-fault.ts';

export type TimestampFollowerOptions = {
  readonly log: Pick<PublishedLog, 'head'>;
  readonly authority: TimestampAuthority;
  /** `DIR/ledger/timestamps`. */
  readonly folder: string;
  readonly intervalMs: number;
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
  readonly onFault: (fault: TimestampFault) => void;
  /** What kept an answer from being stored. */
  readonly onFailure: (error: unknown) => void;
};

/**
 * Has the published checkpoint stamped by an authority every so often, where there is a new one. Stored are the bytes that
 * were stamped, `<size>.note`, and the authority's answer, `<size>.tsr`: what `openssl ts -verify` takes.
 */
export class TimestampFollower implements AsyncDisposable {
  readonly failures = new Map<string, number>();
  last: (TimestampFacts & { readonly size: number }) | undefined;
  fault: (TimestampFault & { readonly sinceMs: number }) | undefined;
  readonly #options: TimestampFollowerOptions;
  readonly #end = new AbortController();
  #stampedSize: number;
  #retryMs = TIMESTAMP_RETRY_MS_MIN;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(options: TimestampFollowerOptions) {
    this.#options = options;
    this.#stampedSize = newestSize(options.folder);
    this.#next(0);
  }

  get url(): string {
    return this.#options.authority.url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    clearTimeout(this.#timer);
    await this.#round;
  }

  #next(delayMs: number): void {
    if (this.#end.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#stamp().then((afterMs) => this.#next(afterMs));
    }, delayMs);
    this.#timer.unref();
  }

  /** Returns after how many milliseconds to look again. */
  async #stamp(): Promise<number> {
    const { log, authority, intervalMs, onFailure, onFault, nowMs } = this.#options;
    const { size, checkpoint } = log.head();
    if (size === 0 || size === this.#stampedSize) return Math.min(intervalMs, TIMESTAMP_RETRY_MS_MIN);
    const bytes = Buffer.from(checkpoint);
    const stamped = await requestTimestamp(authority, bytes, this.#end.signal);
    if (this.#end.signal.aborted) return intervalMs;
    if (!stamped.ok) {
      const { code } = stamped.fault;
      this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
      if (this.fault?.code !== code) onFault(stamped.fault);
      this.fault = { ...stamped.fault, sinceMs: this.fault?.code === code ? this.fault.sinceMs : nowMs() };
      this.#retryMs = Math.min(intervalMs, this.#retryMs * 2);
      return this.#retryMs;
    }
    try {
      await this.#store(size, bytes, stamped.value.answer);
    } catch (error) {
      onFailure(error);
      return intervalMs;
    }
    this.#stampedSize = size;
    this.#retryMs = TIMESTAMP_RETRY_MS_MIN;
    this.fault = undefined;
    this.last = { ...stamped.value.facts, size };
    return intervalMs;
  }

  async #store(size: number, bytes: Uint8Array, answer: Uint8Array): Promise<void> {
    const { folder } = this.#options;
    if ((await mkdir(folder, { recursive: true })) !== undefined) syncPath(join(folder, '..'));
    const name = join(folder, String(size).padStart(12, '0'));
    await placeDurablyLater(`${name}.note`, bytes, 0o644);
    // Crash here: a note without its stamp, which means nothing; the next start has it stamped again.
    await placeDurablyLater(`${name}.tsr`, answer, 0o644);
  }
}

function newestSize(folder: string): number {
  try {
    const sizes = readdirSync(folder).flatMap((name) => /^(\d{12})\.tsr$/.exec(name)?.[1] ?? []);
    return Math.max(-1, ...sizes.map(Number));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return -1;
    throw error;
  }
}
