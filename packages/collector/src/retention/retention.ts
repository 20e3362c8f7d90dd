import type { Result, RetentionPolicy } from '@portledger/format';
import { fail, ok, timestampFromMicros } from '@portledger/format';
import type { BlockRange } from '../followers/index/record-index.ts';
import type { BlockReader } from '../ledger/block-reader.ts';
import type { LedgerDisk } from '../ledger/ledger-disk.ts';
import { formatQuery } from '../query/format-query.ts';
import { parseQuery } from '../query/parse-query.ts';
import type { Hold, HoldScope } from './hold.ts';
import { isHoldName } from './hold.ts';
import { FIRST_RUN_DELAY_MS, HOLDS_MAX, HOLD_QUERY_CHARACTERS_MAX, REASON_CHARACTERS_MAX } from './limits.ts';
import { heldSegments, prune } from './pruner.ts';
import type { PrunerOptions, RetentionAct } from './pruner.ts';
import { amountOf, classPlans } from './retention-plan.ts';
import type { Amount, ClassPlan } from './retention-plan.ts';
import { RetentionState } from './retention-state.ts';

export type RetentionOptions = {
  readonly policy: RetentionPolicy;
  readonly reader: BlockReader;
  /** Blocks under the published checkpoint. */
  readonly size: () => number;
  /** The ledger's folder. */
  readonly disk: LedgerDisk;
  readonly write: (acts: readonly RetentionAct[]) => Promise<string | undefined>;
  readonly seal: () => Promise<void>;
  /** Takes records of pruned blocks out of what is searched; returns how many. */
  readonly dropFromIndex: (ranges: readonly BlockRange[]) => Promise<number>;
  /** Epoch microseconds. */
  readonly clock: () => number;
};

export type HoldFault = {
  readonly code: 'hold-invalid' | 'hold-exists' | 'hold-unknown' | 'not-recorded';
  readonly message: string;
};

export type NewHold = HoldScope & { readonly name: string; readonly reason: string };

/** What a run of retention did. */
export type RetentionRun = {
  readonly pruned: Amount;
  /** Files that an earlier run had told of and not deleted yet are among them. */
  readonly filesUnlinked: number;
  readonly indexRecords: number;
  readonly held: Amount;
};

/** The name that scheduled runs are recorded under. */
const SCHEDULE_NAME = 'retention';

/** Pruning and holds, one thing at a time: a hold that was answered is seen by whatever is pruned after it. */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #state: RetentionState;
  readonly #stopping = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#state = new RetentionState(options.reader, options.size, options.policy);
  }

  get policy(): RetentionPolicy {
    return this.#options.policy;
  }

  /** Prunes a while after now and then every `intervalMs`; a run that fails is told and tried again with the next. */
  schedule(intervalMs: number, onRun: (outcome: Result<RetentionRun, unknown>) => void): void {
    const run = async (): Promise<void> => {
      try {
        onRun(ok(await this.apply(SCHEDULE_NAME)));
      } catch (error) {
        onRun(fail(error));
      }
      if (!this.#stopping.signal.aborted) wait(intervalMs);
    };
    const wait = (delayMs: number): void => {
      this.#timer = setTimeout(() => void run(), delayMs).unref();
    };
    wait(Math.min(FIRST_RUN_DELAY_MS, intervalMs));
  }

  /** What would go now, class by class. Writes nothing. */
  plan(): Promise<readonly ClassPlan[]> {
    return this.#inTurn(async () => {
      const nowMicros = this.#options.clock();
      await this.#state.catchUp();
      return classPlans(this.#state, nowMicros, await heldSegments(this.#prunerOptions(), nowMicros));
    });
  }

  /** Deletes what is due. `by` is recorded. Rejects where the ledger or the disk fails it; it may be run again. */
  apply(by: string): Promise<RetentionRun> {
    return this.#inTurn(async () => {
      const done = await prune(this.#prunerOptions(), this.#options.clock(), by, this.#stopping.signal);
      const ranges = this.#prunedRanges();
      const indexRecords = ranges.length === 0 ? 0 : await this.#options.dropFromIndex(ranges);
      const held = amountOf([...done.held.keys()]);
      return { pruned: amountOf(done.segments), filesUnlinked: done.unlinked, indexRecords, held };
    });
  }

  holds(): Promise<readonly Hold[]> {
    return this.#inTurn(async () => {
      await this.#state.catchUp();
      return this.#state.holds();
    });
  }

  /** Places a hold; resolves once its record is sealed, so that it stands whatever happens next. */
  place(hold: NewHold, by: string): Promise<Result<Hold, HoldFault>> {
    return this.#inTurn(async () => {
      await this.#state.catchUp();
      const scope = this.#checked(hold);
      if (!scope.ok) return scope;
      const { fromMicros, toMicros, query } = scope.value;
      const fault = await this.#record('hold-placed', by, hold.reason, {
        hold: hold.name,
        ...(hold.class === undefined ? {} : { class: hold.class }),
        ...(fromMicros === undefined ? {} : { from: timestampFromMicros(fromMicros) }),
        ...(toMicros === undefined ? {} : { to: timestampFromMicros(toMicros) }),
        ...(query === undefined ? {} : { query }),
      });
      return fault ?? this.#placed(hold.name);
    });
  }

  /** Releases a hold; what it kept is pruned by the next run. */
  release(name: string, reason: string, by: string): Promise<Result<Hold, HoldFault>> {
    return this.#inTurn(async () => {
      await this.#state.catchUp();
      const standing = this.#state.hold(name);
      if (standing === undefined) return fail({ code: 'hold-unknown', message: `There is no hold ${name}.` });
      const reasonFault = faultOfReason(reason);
      if (reasonFault !== undefined) return fail(reasonFault);
      return (await this.#record('hold-released', by, reason, { hold: name })) ?? ok(standing);
    });
  }

  /** Waits for what is being done; of a pruning only the part that was begun. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopping.abort();
    await this.#last.catch(() => undefined);
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act, act);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #prunerOptions(): PrunerOptions {
    return { ...this.#options, state: this.#state };
  }

  /** All that was ever pruned, as few ranges of blocks of a class. */
  #prunedRanges(): readonly BlockRange[] {
    const { census } = this.#state;
    const ranges: BlockRange[] = [];
    for (const [className, own] of Map.groupBy(census.segments(), (segment) => segment.class)) {
      let open: { first: number; last: number } | undefined;
      for (const { segment, lastBlock } of own) {
        const isPruned = this.#state.noticeOf(className, segment) !== undefined;
        if (isPruned) open = { first: open?.first ?? segment, last: lastBlock };
        if (!isPruned && open !== undefined) {
          ranges.push({ class: className, ...open });
          open = undefined;
        }
      }
      if (open !== undefined) ranges.push({ class: className, ...open });
    }
    return ranges;
  }

  async #record(
    action: 'hold-placed' | 'hold-released',
    by: string,
    reason: string,
    labels: Readonly<Record<string, string>>,
  ): Promise<{ readonly ok: false; readonly fault: HoldFault } | undefined> {
    const act = {
      action,
      outcome: 'success',
      user: by,
      user_kind: 'unknown',
      user_source: 'token',
      reason,
      labels,
    } as const;
    const fault = await this.#options.write([act]);
    if (fault !== undefined) return fail({ code: 'not-recorded', message: `It could not be recorded: ${fault}.` });
    await this.#options.seal();
    await this.#state.catchUp();
    return undefined;
  }

  #placed(name: string): Result<Hold, HoldFault> {
    const hold = this.#state.hold(name);
    if (hold === undefined) throw new Error(`the hold ${name} was recorded and is not in force`);
    return ok(hold);
  }

  #checked(hold: NewHold): Result<HoldScope, HoldFault> {
    const invalid = (message: string) => fail({ code: 'hold-invalid', message } as const);
    const { name, reason, query, ...scope } = hold;
    if (!isHoldName(name)) return invalid(`${JSON.stringify(name)} is no name: letters, digits and . _ -, at most 64.`);
    if (this.#state.hold(name) !== undefined) return fail({ code: 'hold-exists', message: `The hold ${name} exists.` });
    if (this.#state.holds().length >= HOLDS_MAX) return invalid(`${HOLDS_MAX} holds are in force; no more are taken.`);
    const reasonFault = faultOfReason(reason);
    if (reasonFault !== undefined) return fail(reasonFault);
    if ((hold.fromMicros ?? -Infinity) > (hold.toMicros ?? Infinity)) return invalid('It ends before it begins.');
    if (query === undefined) return ok(scope);
    const parsed = parseQuery(query, { now: this.#options.clock() });
    if (!parsed.ok) return invalid(`The query can't be understood: ${parsed.fault.message}.`);
    // As it is meant now: `now` and the like must not go on with the time.
    const text = formatQuery(parsed.value);
    return text.length > HOLD_QUERY_CHARACTERS_MAX
      ? invalid(`The query is longer than ${HOLD_QUERY_CHARACTERS_MAX} characters.`)
      : ok({ ...scope, query: text });
  }
}

function faultOfReason(reason: string): HoldFault | undefined {
  if (reason.trim() !== '' && reason.length <= REASON_CHARACTERS_MAX && reason.isWellFormed()) return undefined;
  return { code: 'hold-invalid', message: `Give a reason of 1 to ${REASON_CHARACTERS_MAX} characters.` };
}
