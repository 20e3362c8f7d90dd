import {
  AUDIT_RETENTION_CLASS,
  SYSTEM_RETENTION_CLASS,
  canonicalIp,
  canonicalLine,
  timestampFromMicros,
} from '@portledger/format';
import type { AccessRecord, Action, Result } from '@portledger/format';
import type { AuditTrail, Export, Reading } from '../../auth/audit-trail.ts';
import type { Principal } from '../../auth/principal.ts';
import type { AppendFault, Appended, Batch, Ledger } from '../../ledger/ledger-shapes.ts';
import { ACCESS_GATHER_MS, SYSTEM_RECORDS_PENDING_MAX } from '../../limits.ts';
import type { DoorStreams, StreamLease } from '../../normalise/door-stream.ts';
import { AccessRollup } from './access-rollup.ts';
import type { RolledReads } from './access-rollup.ts';
import { queryLabel, readingLabels } from './reading-labels.ts';

/** What a system record says beyond who reported it and where it stands in the stream. */
export type SystemAct = Pick<
  AccessRecord,
  'outcome' | 'reason' | 'user' | 'user_kind' | 'user_source' | 'src_ip' | 'count' | 'window_us'
> & {
  readonly action: Action;
  readonly timestamp: string;
  readonly labels?: Readonly<Record<string, string>>;
};

export type SystemObserverOptions = {
  readonly ledger: Ledger;
  readonly streams: DoorStreams;
  /** Name of the observer: `<host>/collector`. */
  readonly observer: string;
  /** Epoch microseconds. */
  readonly clock: () => number;
  /** Told when the ledger refused a batch of the collector's own records. */
  readonly onFault: (message: string) => void;
};

/** Acts that later verification rests on, which are kept for good. */
const KEPT_FOR_GOOD: ReadonlySet<Action> = new Set<Action>([
  'config-changed',
  'rule-changed',
  'hold-placed',
  'hold-released',
  'pruned',
  'erased',
]);

function classOf({ action }: SystemAct): string {
  return KEPT_FOR_GOOD.has(action) ? SYSTEM_RETENTION_CLASS : AUDIT_RETENTION_CLASS;
}

function ofPrincipal(principal: Principal): Pick<SystemAct, 'user' | 'user_kind' | 'user_source'> {
  return { user: principal.name, user_kind: 'unknown', user_source: 'token' };
}

function fromAddress(address: string): Pick<SystemAct, 'src_ip'> {
  const ip = canonicalIp(address);
  return ip === undefined ? {} : { src_ip: ip };
}

/** The collector as an observer of itself: who read the log, who signed in, what was changed, when it started and stopped. */
export class SystemObserver implements AuditTrail {
  readonly #options: SystemObserverOptions;
  readonly #rollup = new AccessRollup();
  readonly #timer: NodeJS.Timeout;
  #pending: SystemAct[] = [];
  #lost = 0;
  #lostTotal = 0;
  #writing: Promise<void> | undefined;

  constructor(options: SystemObserverOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#recordRolled(false);
    }, ACCESS_GATHER_MS / 4);
    this.#timer.unref();
  }

  /** Records of its own acts that the ledger could not take; a `records-lost` record tells of them once it can. */
  get lost(): number {
    return this.#lostTotal;
  }

  started(labels: Readonly<Record<string, string>>): void {
    this.#record({ action: 'capture-started', labels });
  }

  read(principal: Principal, reading: Reading): void {
    const full = this.#rollup.add(principal, reading, this.#options.clock() / 1_000);
    if (full !== undefined) this.#recordReads(full);
  }

  exported(principal: Principal, { what, query, count }: Export): void {
    const labels = { what, ...(query === '' ? {} : { query: queryLabel(query) }) };
    this.#record({ action: 'exported', outcome: 'success', ...ofPrincipal(principal), count, labels });
  }

  signedIn(principal: Principal, address: string): void {
    this.#record({
      action: 'login',
      outcome: 'success',
      ...fromAddress(address),
      ...ofPrincipal(principal),
      labels: { role: principal.role },
    });
  }

  signedOut(principal: Principal, address: string): void {
    this.#record({ action: 'logout', outcome: 'success', ...fromAddress(address), ...ofPrincipal(principal) });
  }

  signInFailed(address: string, reason: string): void {
    this.#record({ action: 'login-failed', outcome: 'failure', ...fromAddress(address), reason });
  }

  configChanged(by: string, what: string, labels: Readonly<Record<string, string>>): void {
    this.#record({
      action: 'config-changed',
      outcome: 'success',
      user: by,
      user_kind: 'unknown',
      user_source: 'token',
      labels: { what, ...labels },
    });
  }

  /** Records something that came to pass by itself. */
  tell(act: Omit<SystemAct, 'timestamp'>): void {
    this.#record(act);
  }

  /** Records acts on which something waits, such as a deletion; resolves once they are durable. */
  async write(acts: readonly Omit<SystemAct, 'timestamp'>[]): Promise<Result<Appended, AppendFault>> {
    const timestamp = timestampFromMicros(this.#options.clock());
    const lease = await this.#lease();
    try {
      return await this.#append(
        acts.map((act) => ({ ...act, timestamp })),
        lease,
      );
    } finally {
      lease.release();
    }
  }

  /** Records what puts the log itself in doubt. */
  alertRaised(reason: string, labels: Readonly<Record<string, string>>): void {
    this.#record({ action: 'alert-raised', outcome: 'failure', reason, labels });
  }

  /** Records the stop, when a start was recorded, and waits until all is durable. */
  async close(labels: Readonly<Record<string, string>> | undefined): Promise<void> {
    clearInterval(this.#timer);
    this.#recordRolled(true);
    if (labels !== undefined) this.#record({ action: 'capture-stopped', labels });
    await this.#writing;
  }

  #recordRolled(isAll: boolean): void {
    for (const rolled of this.#rollup.due(this.#options.clock() / 1_000, isAll)) this.#recordReads(rolled);
  }

  #recordReads({ principal, readings, count, windowUs }: RolledReads): void {
    this.#record({
      action: 'log-accessed',
      outcome: 'success',
      ...ofPrincipal(principal),
      ...(count === 1 ? {} : { count, window_us: windowUs }),
      labels: readingLabels(readings),
    });
  }

  #record(act: Omit<SystemAct, 'timestamp'>): void {
    if (this.#pending.length >= SYSTEM_RECORDS_PENDING_MAX) {
      this.#lost += 1;
      this.#lostTotal += 1;
      return;
    }
    this.#pending.push({ ...act, timestamp: timestampFromMicros(this.#options.clock()) });
    this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    const lease = await this.#lease();
    try {
      while (this.#pending.length > 0) {
        const own = this.#pending;
        const lost = this.#lost;
        this.#pending = [];
        const acts = lost === 0 ? own : [this.#lossOf(lost), ...own];
        const appended = await this.#append(acts, lease);
        if (appended.ok) {
          this.#lost -= lost;
          continue;
        }
        this.#lost += own.length;
        this.#lostTotal += own.length;
        this.#options.onFault(appended.fault.message);
      }
    } finally {
      lease.release();
      this.#writing = undefined;
    }
  }

  #lossOf(count: number): SystemAct {
    return {
      action: 'records-lost',
      timestamp: timestampFromMicros(this.#options.clock()),
      count,
      reason: 'ledger-unavailable',
    };
  }

  #lease(): Promise<StreamLease> {
    return this.#options.streams.lease({ name: '(collector)', observer: this.#options.observer });
  }

  async #append(acts: readonly SystemAct[], lease: StreamLease): Promise<Result<Appended, AppendFault>> {
    const batches = [...Map.groupBy(acts, classOf)].map(([className, own]) => this.#batch(className, own, lease));
    const appended = await this.#options.ledger.append(batches);
    if (appended.ok) lease.commit();
    else lease.undo();
    return appended;
  }

  #batch(className: string, acts: readonly SystemAct[], lease: StreamLease): Batch {
    const { observer } = this.#options;
    const { session, seq: firstSeq } = lease.next(className);
    const lines = acts.map((act, index) => {
      lease.use(className);
      const place = { observer, observer_kind: 'system', session, seq: firstSeq + index } as const;
      return canonicalLine({ v: 1, ...act, ...place, source_format: 'portledger' });
    });
    const lineEnds = new Uint32Array(lines.length);
    let end = 0;
    for (const [index, line] of lines.entries()) {
      end += Buffer.byteLength(line) + 1;
      lineEnds[index] = end;
    }
    const times = acts.map((act) => act.timestamp).toSorted();
    return {
      observer,
      session,
      firstSeq,
      count: acts.length,
      class: className,
      lines: Buffer.from(`${lines.join('\n')}\n`),
      lineEnds,
      firstTimestamp: times[0] ?? '',
      lastTimestamp: times.at(-1) ?? '',
    };
  }
}
