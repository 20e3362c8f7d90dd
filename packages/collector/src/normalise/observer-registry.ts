import type { AccessRecord, ObserverKind } from '@portledger/format';
import type { DatabaseSync } from 'node:sqlite';
import type { Batch } from '../ledger/ledger-shapes.ts';
import { OBSERVER_SILENT_MS, OBSERVERS_MAX } from '../limits.ts';

/** What is known of one observer from what it sent. Times are epoch milliseconds of the collector's clock. */
export type ObserverState = {
  readonly observer: string;
  readonly kind?: ObserverKind;
  /** How it captures: ebpf, sock-diag, none. */
  readonly mode?: string;
  readonly host?: string;
  readonly version?: string;
  readonly session: string;
  readonly lastSeq: number;
  readonly lastSeenMs: number;
  readonly lastHeartbeatMs?: number;
  readonly heartbeatIntervalMs?: number;
  /** Records lost as the observer tells it, this session. */
  readonly lost: number;
  readonly clockOffsetMs?: number;
  readonly isStopped: boolean;
};

/** Followed by every record that is accepted: who reports, how, and when last. Saved, so that a restart forgets nobody. */
export class ObserverRegistry {
  /** In the order in which they were last heard of, the one unseen for longest first. */
  readonly #states = new Map<string, ObserverState>();
  readonly #changed = new Set<string>();
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    const saved = database
      .prepare('SELECT observer, state FROM observers')
      .all()
      .flatMap(({ state }) => (typeof state === 'string' ? (readState(state) ?? []) : []));
    for (const state of saved.toSorted((a, b) => a.lastSeenMs - b.lastSeenMs)) this.#states.set(state.observer, state);
  }

  list(): ObserverState[] {
    return [...this.#states.values()].toSorted((a, b) => (a.observer < b.observer ? -1 : 1));
  }

  /** An agent that said nothing for three heartbeats and did not say goodbye. */
  isSilent(state: ObserverState, nowMs: number): boolean {
    if (state.kind !== 'agent' || state.isStopped) return false;
    const silentMs = Math.max(OBSERVER_SILENT_MS, 3 * (state.heartbeatIntervalMs ?? 0));
    return nowMs - Math.max(state.lastHeartbeatMs ?? 0, state.lastSeenMs) > silentMs;
  }

  /** Notes what was accepted, after it became durable. */
  note(batches: readonly Batch[], notices: readonly AccessRecord[], nowMs: number): void {
    for (const batch of batches) this.#noteBatch(batch, nowMs);
    for (const notice of notices) this.#noteNotice(notice, nowMs);
  }

  /** Writes what changed since the last time. */
  save(): void {
    if (this.#changed.size === 0) return;
    const put = this.#database.prepare(
      'INSERT INTO observers (observer, state) VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state',
    );
    const drop = this.#database.prepare('DELETE FROM observers WHERE observer = ?');
    this.#database.exec('BEGIN');
    for (const observer of this.#changed) {
      const state = this.#states.get(observer);
      if (state === undefined) drop.run(observer);
      else put.run(observer, JSON.stringify(state));
    }
    this.#database.exec('COMMIT');
    this.#changed.clear();
  }

  #noteBatch(batch: Batch, nowMs: number): void {
    const known = this.#states.get(batch.observer);
    const lastSeq = batch.firstSeq + batch.count - 1;
    if (known?.session === batch.session) {
      this.#put({ ...known, lastSeenMs: nowMs, lastSeq: Math.max(known.lastSeq, lastSeq) });
      return;
    }
    // A new run: what the last one said of itself no longer holds, but for what it is.
    const kept =
      known === undefined ? {} : { ...(known.kind && { kind: known.kind }), ...(known.host && { host: known.host }) };
    this.#put({
      ...kept,
      observer: batch.observer,
      session: batch.session,
      lastSeq,
      lastSeenMs: nowMs,
      lost: 0,
      isStopped: false,
    });
  }

  #noteNotice(record: AccessRecord, nowMs: number): void {
    const known = this.#states.get(record.observer);
    if (known?.session !== record.session) return;
    const labels = record.labels ?? {};
    const mode = labels['mode'];
    // An agent reports under its host's name.
    const host = labels['host'] ?? record.node ?? (record.observer_kind === 'agent' ? record.observer : undefined);
    const version = labels['version'];
    const offset = Number(labels['clock_offset_us'] ?? Number.NaN) / 1_000;
    const intervalMs = Number(labels['interval_ms'] ?? Number.NaN);
    const lost =
      record.action === 'records-lost' ? known.lost + (record.count ?? Number(labels['count'] ?? 0)) : known.lost;
    this.#put({
      ...known,
      kind: record.observer_kind,
      lost: Number.isSafeInteger(lost) ? lost : known.lost,
      isStopped: record.action === 'capture-stopped',
      ...(mode === undefined ? {} : { mode }),
      ...(host === undefined ? {} : { host }),
      ...(version === undefined ? {} : { version }),
      ...(Number.isFinite(offset) ? { clockOffsetMs: offset } : {}),
      ...(Number.isFinite(intervalMs) ? { heartbeatIntervalMs: intervalMs } : {}),
      ...(record.action === 'heartbeat' || record.action === 'capture-started' ? { lastHeartbeatMs: nowMs } : {}),
    });
  }

  #put(state: ObserverState): void {
    this.#states.delete(state.observer);
    this.#states.set(state.observer, state);
    this.#changed.add(state.observer);
    for (const oldest of this.#states.keys()) {
      if (this.#states.size <= OBSERVERS_MAX) break;
      this.#states.delete(oldest);
      this.#changed.add(oldest);
    }
  }
}

function readState(text: string): ObserverState | undefined {
  const value: unknown = JSON.parse(text);
  return isState(value) ? value : undefined;
}

function isState(value: unknown): value is ObserverState {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'observer' in value &&
    'session' in value &&
    'lastSeq' in value &&
    'lastSeenMs' in value &&
    'lost' in value &&
    'isStopped' in value
  );
}
