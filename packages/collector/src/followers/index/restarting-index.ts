import { setTimeout as delay } from 'node:timers/promises';
import type { Result } from '@portledger/format';
import type { Cursor } from '../../ledger/ledger-shapes.ts';
import type { Query } from '../../query/query.ts';
import type { LedgerSource } from '../ledger-source.ts';
import { FollowingIndex } from './following-index.ts';
import type { IndexOptions } from './index-options.ts';
import { RESTART_DELAY_MAX_MS, RESTART_DELAY_MIN_MS, RESTART_FORGIVEN_MS } from './limits.ts';
import type {
  BlockRange,
  Histogram,
  HistogramRequest,
  IndexStatus,
  RecordIndex,
  SearchFault,
  SearchPage,
  SearchRequest,
  TopList,
  TopRequest,
} from './record-index.ts';

/** Told each time that the index has failed, with the wait before it is started anew. */
export type IndexFailure = { readonly reason: string; readonly failures: number; readonly retryInMs: number };

export type RestartOptions = IndexOptions & {
  readonly onFailure?: (failure: IndexFailure) => void;
  /** First wait in milliseconds; it doubles with each failure in a row. */
  readonly restartDelayMs?: number;
};

/**
 * An index that is started anew when its thread fails: it keeps no truth, so it goes on from its files and the ledger.
 * Meanwhile questions are answered with `unavailable`.
 */
export class RestartingIndex implements RecordIndex {
  readonly #options: RestartOptions;
  readonly #closing = new AbortController();
  #current: FollowingIndex;
  #restarting: Promise<void> | undefined;
  #restarts = 0;
  /** Failures in a row, and since when it has followed. */
  #failures = 0;
  #startedMs = performance.now();
  /** Why the last attempt to start it anew failed. */
  #failure: string | undefined;

  private constructor(options: RestartOptions, first: FollowingIndex) {
    this.#options = options;
    this.#current = first;
  }

  /** Rejects when it cannot be opened at first: that is not a failure to wait for. */
  static async open(options: RestartOptions): Promise<RestartingIndex> {
    let onStopped = (): void => undefined;
    const first = await FollowingIndex.open({ ...options, ledger: watched(options.ledger, () => onStopped()) });
    const index = new RestartingIndex(options, first);
    onStopped = () => index.#stopped();
    index.#stopped();
    return index;
  }

  #stopped(): void {
    if (this.#closing.signal.aborted || this.#restarting !== undefined) return;
    if (this.#current.status().state !== 'failed') return;
    this.#restarting = this.#restart().finally(() => {
      this.#restarting = undefined;
      // It may have failed again before this was noticed.
      this.#stopped();
    });
  }

  async #restart(): Promise<void> {
    const { signal } = this.#closing;
    if (performance.now() - this.#startedMs >= RESTART_FORGIVEN_MS) this.#failures = 0;
    let reason = this.#current.status().failure ?? 'it has stopped';
    await this.#current.close();
    while (!signal.aborted) {
      this.#failures += 1;
      const first = this.#options.restartDelayMs ?? RESTART_DELAY_MIN_MS;
      const retryInMs = Math.min(RESTART_DELAY_MAX_MS, first * 2 ** Math.min(this.#failures - 1, 16));
      this.#options.onFailure?.({ reason, failures: this.#failures, retryInMs });
      await delay(retryInMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        const ledger = watched(this.#options.ledger, () => this.#stopped());
        this.#current = await FollowingIndex.open({ ...this.#options, ledger });
        this.#restarts += 1;
        this.#failure = undefined;
        this.#startedMs = performance.now();
        return;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        this.#failure = reason;
      }
    }
  }

  async #ask<T>(question: (index: FollowingIndex) => Promise<Result<T, SearchFault>>): Promise<Result<T, SearchFault>> {
    const index = this.#current;
    try {
      return await question(index);
    } catch (error) {
      const { state, failure } = index.status();
      if (state === 'following') throw error;
      return { ok: false, fault: { code: 'unavailable', message: failure ?? 'The index is closed' } };
    }
  }

  async search(request: SearchRequest): Promise<Result<SearchPage, SearchFault>> {
    return this.#ask((index) => index.search(request));
  }

  async top(request: TopRequest): Promise<Result<TopList, SearchFault>> {
    return this.#ask((index) => index.top(request));
  }

  async histogram(request: HistogramRequest): Promise<Result<Histogram, SearchFault>> {
    return this.#ask((index) => index.histogram(request));
  }

  async count(request: { readonly query: Query }): Promise<Result<number, SearchFault>> {
    return this.#ask((index) => index.count(request));
  }

  status(): IndexStatus {
    const status = this.#current.status();
    return {
      ...status,
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
      restarts: this.#restarts,
    };
  }

  async prune(ranges: readonly BlockRange[]): Promise<number> {
    return this.#current.prune(ranges);
  }

  async reached(cursor: Cursor): Promise<void> {
    return this.#current.reached(cursor);
  }

  async flush(): Promise<void> {
    return this.#current.flush();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#restarting;
    await this.#current.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The ledger, telling when the index has stopped reading it, which is when it closes or fails. */
function watched(ledger: LedgerSource, onStopped: () => void): LedgerSource {
  return {
    head: () => ledger.head(),
    recordsBefore: (cursor) => ledger.recordsBefore(cursor),
    follow: (from, signal) => {
      signal.addEventListener('abort', onStopped, { once: true });
      return ledger.follow(from, signal);
    },
  };
}
