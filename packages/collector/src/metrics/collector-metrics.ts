import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Anchors } from '../anchors/open-anchors.ts';
import type { DoorCounters } from '../doors/door-counters.ts';
import type { InFlight } from '../doors/in-flight.ts';
import type { RecordIndex } from '../followers/index/record-index.ts';
import type { Ledger } from '../ledger/ledger-shapes.ts';
import type { ObserverRegistry } from '../normalise/observer-registry.ts';
import type { Quarantine } from '../normalise/quarantine.ts';
import { anchorMetrics } from './anchor-metrics.ts';
import type { SeenCheckpoints } from '../normalise/seen-checkpoints.ts';

/** What the metrics are read from, at each scrape. */
export type MetricSources = {
  readonly ledger: Ledger;
  readonly index: RecordIndex;
  readonly door: DoorCounters;
  readonly inFlight: InFlight;
  readonly quarantine: Quarantine;
  readonly anchors: Anchors;
  readonly observers: ObserverRegistry;
  readonly seen: SeenCheckpoints;
  readonly tail: { readonly open: number; readonly dropped: number; readonly recordsSent: number };
  readonly system: { readonly lost: number };
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
};

type Read = () => number;

/** A counter that is kept elsewhere and read when scraped. */
function counter(registry: Registry, name: string, help: string, read: Read): void {
  const metric = new Counter({
    name: `portledger_${name}`,
    help,
    registers: [registry],
    collect() {
      metric.reset();
      metric.inc(read());
    },
  });
}

function gauge(registry: Registry, name: string, help: string, read: Read): void {
  const metric = new Gauge({
    name: `portledger_${name}`,
    help,
    registers: [registry],
    collect() {
      metric.set(read());
    },
  });
}

function doorMetrics(registry: Registry, { door, inFlight, quarantine, tail, system }: MetricSources): void {
  counter(registry, 'door_requests_total', 'Requests to hand in records.', () => door.requests);
  counter(registry, 'door_received_bytes_total', 'Body bytes as sent.', () => door.bytesReceived);
  counter(registry, 'door_read_bytes_total', 'Body bytes after decompression.', () => door.bytesRead);
  counter(registry, 'door_records_accepted_total', 'Records made durable.', () => door.recordsAccepted);
  counter(registry, 'door_records_duplicate_total', 'Records that were durable before.', () => door.recordsDuplicate);
  counter(registry, 'door_records_refused_total', 'Records refused one by one.', () => door.recordsRefused);
  counter(
    registry,
    'door_held_back_total',
    'Requests held back for a moment, so that search keeps up.',
    () => door.heldBack,
  );
  counter(registry, 'door_push_backs_total', 'Requests told to come again later (429, 503).', () => door.pushBacks);
  const refused = new Counter({
    name: 'portledger_door_requests_refused_total',
    help: 'Requests refused as a whole, by error code.',
    labelNames: ['code'],
    registers: [registry],
    collect() {
      refused.reset();
      for (const [code, count] of door.requestsRefused) refused.inc({ code }, count);
    },
  });
  gauge(registry, 'door_in_flight_bytes', 'Body bytes held from admission to answer.', () => inFlight.bytes);
  gauge(registry, 'door_in_flight_requests', 'Requests from admission to answer.', () => inFlight.requests);
  counter(
    registry,
    'quarantine_lines_total',
    'Refused lines kept in the quarantine.',
    () => quarantine.counters().lines,
  );
  counter(registry, 'quarantine_bytes_total', 'Bytes written to the quarantine.', () => quarantine.counters().bytes);
  counter(
    registry,
    'quarantine_files_dropped_total',
    'Quarantine files dropped at its bound.',
    () => quarantine.counters().filesDropped,
  );
  gauge(registry, 'tail_clients', 'Open live tails.', () => tail.open);
  counter(registry, 'tail_records_total', 'Records sent to live tails.', () => tail.recordsSent);
  counter(registry, 'tail_dropped_total', 'Records that slow live tails lost.', () => tail.dropped);
  counter(
    registry,
    'system_records_lost_total',
    "Records of the collector's own acts that the ledger could not take.",
    () => system.lost,
  );
}

function ledgerMetrics(registry: Registry, { ledger, seen }: MetricSources): void {
  counter(registry, 'ledger_records_total', 'Records accepted by the ledger.', () => ledger.counters().recordsAccepted);
  counter(
    registry,
    'ledger_records_duplicate_total',
    'Records skipped as already held.',
    () => ledger.counters().recordsDuplicate,
  );
  counter(registry, 'ledger_batches_total', 'Batches accepted.', () => ledger.counters().batchesAccepted);
  counter(registry, 'ledger_bytes_total', 'Bytes of canonical lines accepted.', () => ledger.counters().bytesAccepted);
  counter(
    registry,
    'ledger_group_commits_total',
    'Group commits: one journal write and fdatasync each.',
    () => ledger.counters().groupCommits,
  );
  counter(
    registry,
    'ledger_journal_bytes_total',
    'Bytes written to the journal.',
    () => ledger.counters().journalBytes,
  );
  counter(registry, 'ledger_appends_refused_total', 'Appends refused.', () => ledger.counters().appendsRefused);
  counter(registry, 'ledger_rounds_sealed_total', 'Rounds sealed and published.', () => ledger.counters().roundsSealed);
  counter(registry, 'ledger_blocks_sealed_total', 'Blocks sealed.', () => ledger.counters().blocksSealed);
  counter(
    registry,
    'ledger_frame_bytes_total',
    'Compressed bytes written to segments.',
    () => ledger.counters().frameBytes,
  );
  counter(
    registry,
    'ledger_seal_failures_total',
    'Attempts to seal that failed.',
    () => ledger.counters().sealFailures,
  );
  counter(
    registry,
    'ledger_seal_seconds_total',
    'Time that the sealing thread worked.',
    () => ledger.counters().sealMs / 1_000,
  );
  counter(
    registry,
    'ledger_commit_seconds_total',
    'Time spent in journal writes and fdatasync.',
    () => ledger.counters().commitMs / 1_000,
  );
  gauge(registry, 'ledger_queued_bytes', 'Bytes waiting for a group commit.', () => ledger.counters().queuedBytes);
  gauge(
    registry,
    'ledger_rounds_sealing',
    'Rounds closed and not yet published.',
    () => ledger.counters().roundsSealing,
  );
  gauge(registry, 'ledger_sessions', 'Streams remembered for exactly-once.', () => ledger.counters().sessions);
  gauge(registry, 'ledger_records', 'Durable records in the ledger.', () => ledger.head().records);
  gauge(
    registry,
    'ledger_doubts',
    'Observers that saw a state of this log that it never had: it was put back, or forked.',
    () => seen.doubts.length,
  );
  gauge(registry, 'ledger_sealed_blocks', 'Blocks under the published checkpoint.', () => ledger.head().sealedBlocks);
}

function indexMetrics(registry: Registry, { index }: MetricSources): void {
  gauge(registry, 'index_following', '1 while the index follows the ledger.', () =>
    index.status().state === 'following' ? 1 : 0,
  );
  counter(
    registry,
    'index_restarts_total',
    'Times that the index was started anew after a failure.',
    () => index.status().restarts ?? 0,
  );
  gauge(registry, 'index_records', 'Records that a search can find.', () => index.status().records);
  gauge(
    registry,
    'index_lag_records',
    'Durable records that a search does not find yet.',
    () => index.status().lagRecords,
  );
  gauge(registry, 'index_hot_records', 'Records in the hot table.', () => index.status().hotRecords);
  gauge(registry, 'index_parquet_files', 'Parquet files.', () => index.status().parquetFiles);
  gauge(registry, 'index_parquet_bytes', 'Bytes of Parquet files.', () => index.status().parquetBytes);
  counter(registry, 'index_flushes_total', 'Writes of the hot table to Parquet.', () => index.status().flushes);
  counter(registry, 'index_merges_total', 'Merges of Parquet files.', () => index.status().merges);
  gauge(registry, 'index_queries_active', 'Queries being answered.', () => index.status().queriesActive);
  gauge(registry, 'index_queries_queued', 'Queries waiting.', () => index.status().queriesQueued);
  counter(registry, 'index_queries_total', 'Queries answered.', () => index.status().queriesRun);
  counter(
    registry,
    'index_queries_refused_total',
    'Queries refused because too many waited.',
    () => index.status().queriesRefused,
  );
  counter(
    registry,
    'index_queries_timed_out_total',
    'Queries given up after their time.',
    () => index.status().queriesTimedOut,
  );
}

function observerMetrics(registry: Registry, { observers, nowMs }: MetricSources): void {
  const lastSeen = new Gauge({
    name: 'portledger_observer_last_seen_seconds',
    help: 'Unix time at which the observer was last heard of.',
    labelNames: ['observer'],
    registers: [registry],
    collect() {
      lastSeen.reset();
      for (const { observer, lastSeenMs } of observers.list()) lastSeen.set({ observer }, lastSeenMs / 1_000);
    },
  });
  const lost = new Gauge({
    name: 'portledger_observer_records_lost',
    help: 'Records that the observer says it lost in this session.',
    labelNames: ['observer'],
    registers: [registry],
    collect() {
      lost.reset();
      for (const state of observers.list()) lost.set({ observer: state.observer }, state.lost);
    },
  });
  gauge(registry, 'observers_silent', 'Agents without a heartbeat for 45 s.', () => {
    const now = nowMs();
    return observers.list().filter((state) => observers.isSilent(state, now)).length;
  });
}

/** The collector's metrics; each scrape reads the parts' own counters, nothing is kept twice. */
export function makeMetrics(sources: MetricSources): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  doorMetrics(registry, sources);
  ledgerMetrics(registry, sources);
  anchorMetrics(registry, sources.anchors);
  indexMetrics(registry, sources);
  observerMetrics(registry, sources);
  return registry;
}
