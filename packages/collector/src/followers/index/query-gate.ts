import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Result } from '@portledger/format';
import { INTERRUPT_AGAIN_MS, QUERIES_ACTIVE_MAX, QUERIES_QUEUED_MAX } from './limits.ts';
import type { SearchFault } from './record-index.ts';

type Turn = { readonly take: (connection: DuckDBConnection | undefined) => void };

/** Lets a bounded number of queries run, each on a connection of its own and for a bounded time; a bounded number waits. */
export class QueryGate {
  readonly #instance: DuckDBInstance;
  readonly #timeoutMs: number;
  readonly #free: DuckDBConnection[] = [];
  readonly #waiting = new Set<Turn>();
  readonly #running = new Set<DuckDBConnection>();
  #isHalted = false;
  #active = 0;
  #idle: () => void = () => undefined;
  #run = 0;
  #refused = 0;
  #timedOut = 0;

  constructor(instance: DuckDBInstance, timeoutMs: number) {
    this.#instance = instance;
    this.#timeoutMs = timeoutMs;
  }

  counters(): {
    queriesActive: number;
    queriesQueued: number;
    queriesRun: number;
    queriesRefused: number;
    queriesTimedOut: number;
  } {
    return {
      queriesActive: this.#active,
      queriesQueued: this.#waiting.size,
      queriesRun: this.#run,
      queriesRefused: this.#refused,
      queriesTimedOut: this.#timedOut,
    };
  }

  /** Runs `query` when its turn comes. Its time is counted from now, the wait included. */
  async run<T>(query: (connection: DuckDBConnection) => Promise<T>): Promise<Result<T, SearchFault>> {
    const deadline = performance.now() + this.#timeoutMs;
    if (this.#isHalted) return fault('unavailable', 'The index is stopping');
    if (this.#active >= QUERIES_ACTIVE_MAX && this.#waiting.size >= QUERIES_QUEUED_MAX) {
      this.#refused += 1;
      return fault('busy', `${QUERIES_QUEUED_MAX} queries wait already; try again shortly`);
    }
    const connection = await this.#turn(deadline);
    if (connection === undefined) return this.#tooLate();
    let interrupted = false;
    let again: NodeJS.Timeout | undefined;
    const interrupt = () => {
      interrupted = true;
      connection.interrupt();
      // An interrupt between two statements of a query is lost, so it is said again until the query has ended.
      again = setTimeout(interrupt, INTERRUPT_AGAIN_MS);
    };
    const timer = setTimeout(interrupt, Math.max(0, deadline - performance.now()));
    this.#running.add(connection);
    try {
      this.#run += 1;
      const value = await query(connection);
      return interrupted ? this.#tooLate() : { ok: true, value };
    } catch (error) {
      if (interrupted) return this.#tooLate();
      if (this.#isHalted) return fault('unavailable', 'The index is stopping');
      if (error instanceof Error && error.message.startsWith('Out of Memory')) {
        return fault('too-big', 'The query needs more memory than the index may use; narrow it, or raise the limit');
      }
      throw error;
    } finally {
      clearTimeout(timer);
      clearTimeout(again);
      this.#running.delete(connection);
      this.#release(connection);
    }
  }

  async #turn(deadline: number): Promise<DuckDBConnection | undefined> {
    if (this.#active < QUERIES_ACTIVE_MAX) {
      this.#active += 1;
      return this.#free.pop() ?? this.#instance.connect();
    }
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => {
          this.#waiting.delete(turn);
          resolve(undefined);
        },
        Math.max(0, deadline - performance.now()),
      );
      const turn: Turn = {
        take: (connection) => {
          clearTimeout(timer);
          resolve(connection);
        },
      };
      this.#waiting.add(turn);
    });
  }

  #release(connection: DuckDBConnection): void {
    const [next] = this.#waiting;
    if (next !== undefined) {
      this.#waiting.delete(next);
      next.take(connection);
      return;
    }
    this.#active -= 1;
    this.#free.push(connection);
    if (this.#active === 0) this.#idle();
  }

  #tooLate(): Result<never, SearchFault> {
    this.#timedOut += 1;
    return fault('timeout', `The query took longer than ${this.#timeoutMs / 1000} s; narrow its time range`);
  }

  /** Breaks off every query and waits until none runs. */
  async halt(): Promise<void> {
    this.#isHalted = true;
    for (const turn of this.#waiting) turn.take(undefined);
    this.#waiting.clear();
    const interrupt = () => {
      for (const connection of this.#running) connection.interrupt();
    };
    interrupt();
    const again = setInterval(interrupt, INTERRUPT_AGAIN_MS);
    await this.close();
    clearInterval(again);
  }

  /** Lets the queries that run or wait come to their end, then gives the connections up. No more may be asked for. */
  async close(): Promise<void> {
    if (this.#active > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    for (const connection of this.#free.splice(0)) connection.closeSync();
  }
}

function fault(code: SearchFault['code'], message: string): Result<never, SearchFault> {
  return { ok: false, fault: { code, message } };
}
