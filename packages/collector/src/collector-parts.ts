import { timestampFromMicros } from '@portledger/format';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { ConsoleSessions } from './auth/console-sessions.ts';
import { openControlStore } from './auth/control-store.ts';
import type { Principal } from './auth/principal.ts';
import { ensureTokenFile } from './auth/token-files.ts';
import { TokenStore } from './auth/token-store.ts';
import type { Anchors } from './anchors/open-anchors.ts';
import { planAnchors, startAnchors } from './collector-anchors.ts';
import type { AnchorPlan } from './collector-anchors.ts';
import { KeyRecorder } from './collector-key.ts';
import { auditedOptions, doorLimits } from './collector-options.ts';
import type { CollectorOptions } from './collector-options.ts';
import { recordHole } from './collector-holes.ts';
import { openSigning } from './collector-signing.ts';
import type { Signing } from './collector-signing.ts';
import { makeDoorCounters } from './doors/door-counters.ts';
import { BodyPool } from './doors/http/body-pool.ts';
import type { RecordsDoorServices } from './doors/http/records-door.ts';
import { InFlight, inFlightBounds } from './doors/in-flight.ts';
import { SystemObserver } from './doors/system/system-observer.ts';
import { Pacing } from './doors/pacing.ts';
import { Turns } from './doors/turns.ts';
import { openCompleteness } from './followers/completeness/open-completeness.ts';
import type { Completeness } from './followers/completeness/open-completeness.ts';
import { openIndex } from './followers/index/open-index.ts';
import type { RecordIndex } from './followers/index/record-index.ts';
import type { LedgerSource } from './followers/ledger-source.ts';
import { openLedger } from './ledger/ledger.ts';
import type { Ledger } from './ledger/ledger.ts';
import { BODY_POOL_BYTES_MAX, OBSERVER_SAVE_MS } from './limits.ts';
import { DoorStreams } from './normalise/door-stream.ts';
import { openRetention } from './collector-retention.ts';
import { ObserverRegistry } from './normalise/observer-registry.ts';
import { Quarantine } from './normalise/quarantine.ts';
import type { OpeningPlace } from './opening-place.ts';
import type { Retention } from './retention/retention.ts';
import { DEFAULT_RETENTION_POLICY, RetentionClassifier } from './normalise/retention-class.ts';

/** What a collector is made of, opened on a data folder; `opened` closes all of it, latest first. */
export type CollectorParts = {
  readonly ledger: Ledger;
  readonly index: RecordIndex;
  readonly completeness: Completeness;
  readonly access: ControlledAccess;
  readonly door: RecordsDoorServices;
  readonly system: SystemObserver;
  readonly retention: Retention;
  readonly observers: ObserverRegistry;
  readonly quarantine: Quarantine;
  readonly anchors: Anchors;
  readonly key: KeyRecorder;
  readonly signing: Signing;
};

export type ControlledAccess = {
  readonly tokens: TokenStore;
  readonly sessions: ConsoleSessions;
  readonly admin: Principal;
  readonly adminToken: string;
  readonly agentToken: string;
};

function hostOf(options: CollectorOptions): string {
  return options.hostName ?? hostname();
}

/** What identifies a log: the name in its verifier key. */
function originOf(vkey: string): string {
  return vkey.split('+', 1)[0] ?? vkey;
}

async function openStores(
  { options, clock, log, opened }: OpeningPlace,
  { ledgerOptions }: AnchorPlan,
): Promise<{ ledger: Ledger; database: DatabaseSync }> {
  const ledger = opened.use(
    await openLedger({
      dir: options.dataDir,
      clock,
      ...ledgerOptions,
      onNotice: (notice) => {
        // Bytes that once were whole and no longer are may have been acknowledged: that is no everyday mend.
        if (notice.kind === 'damaged-journal-tail') log.error(notice, 'the ledger was damaged, and mended at start');
        else log.warn(notice, 'ledger mended at start');
      },
      ...(options.origin === undefined ? {} : { origin: options.origin }),
      ...(options.sealIntervalMs === undefined ? {} : { sealIntervalMs: options.sealIntervalMs }),
    }),
  );
  // Opened only under the ledger's lock: two collectors never share the control state.
  const database = openControlStore(join(options.dataDir, 'control.sqlite'));
  opened.defer(() => {
    database.close();
  });
  return { ledger, database };
}

function openAccess(database: DatabaseSync, options: CollectorOptions, nowMs: number): ControlledAccess {
  const tokens = new TokenStore(database);
  const keys = join(options.dataDir, 'keys');
  const host = hostOf(options);
  const admin = { name: 'admin', role: 'admin', observer: `${host}/import` } as const;
  const agent = { name: 'agent', role: 'ingest', observer: options.agentObserver ?? host } as const;
  return {
    tokens,
    sessions: new ConsoleSessions(database),
    adminToken: ensureTokenFile(tokens, { ...admin, path: join(keys, 'admin.token'), nowMs }),
    agentToken: ensureTokenFile(tokens, { ...agent, path: join(keys, 'agent.token'), nowMs }),
    admin: { kind: 'token', ...admin },
  };
}

/** Records which options differ from those of the last run. */
function noteOptions(database: DatabaseSync, system: SystemObserver, options: CollectorOptions): void {
  const given = auditedOptions(options);
  const row = database.prepare("SELECT value FROM settings WHERE name = 'options'").get();
  const before: unknown = typeof row?.['value'] === 'string' ? JSON.parse(row['value']) : given;
  const known = new Map<string, unknown>(typeof before === 'object' && before !== null ? Object.entries(before) : []);
  // A port that was taken at random is nobody's decision: the address that was decided on last stands.
  const decided = options.listen?.port === 0 ? known.get('listen') : given['listen'];
  const { listen: _listen, ...others } = given;
  const now: Readonly<Record<string, string>> = typeof decided === 'string' ? { ...others, listen: decided } : others;
  const names = new Set([...known.keys(), ...Object.keys(now)]);
  const changed = [...names].filter((name) => known.get(name) !== now[name]);
  if (changed.length > 0) {
    const values = Object.fromEntries(changed.map((name) => [name, now[name] ?? 'default']));
    system.configChanged('operator', 'options', values);
  }
  database
    .prepare(
      "INSERT INTO settings (name, value) VALUES ('options', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    )
    .run(JSON.stringify(now));
}

type Doors = Pick<CollectorParts, 'door' | 'system' | 'observers' | 'quarantine' | 'signing'>;

/** Durable records that a search does not find yet; none are waited for where the index does not follow. */
function lagOf(index: RecordIndex): number {
  const { state, lagRecords } = index.status();
  return state === 'following' ? lagRecords : 0;
}

async function openDoors(
  place: OpeningPlace,
  ledger: Ledger,
  database: DatabaseSync,
  index: RecordIndex,
): Promise<Doors> {
  const { options, clock, log, opened } = place;
  const limits = doorLimits(options);
  const streams = new DoorStreams();
  const turns = new Turns();
  const quarantine = new Quarantine(join(options.dataDir, 'quarantine'), clock);
  opened.defer(() => quarantine.close());
  const observers = new ObserverRegistry(database);
  const saving = setInterval(() => {
    observers.save();
  }, OBSERVER_SAVE_MS);
  opened.defer(() => {
    clearInterval(saving);
    observers.save();
  });
  const observer = `${hostOf(options)}/collector`;
  const onFault = (message: string): void => {
    log.error({ message }, 'the ledger refused records of the collector itself');
  };
  const system = new SystemObserver({ ledger, streams, observer, clock, onFault });
  const signing = await openSigning(place, { ledger, database, system });
  const counters = makeDoorCounters();
  const door: RecordsDoorServices = {
    ledger,
    signatures: signing.signatures,
    streams,
    classes: new RetentionClassifier(options.retention ?? DEFAULT_RETENTION_POLICY),
    quarantine,
    turn: (sender) => turns.next(sender),
    origin: originOf(ledger.head().vkey),
    inFlight: new InFlight(inFlightBounds(limits.inFlightBytesMax, limits.bodyBytesMax)),
    counters,
    bodies: new BodyPool(BODY_POOL_BYTES_MAX),
    pacing: new Pacing(() => lagOf(index), counters),
    bounds: { bytesMax: limits.bodyBytesMax, timeoutMs: limits.bodyTimeoutMs, idleTimeoutMs: limits.bodyIdleTimeoutMs },
    receivedNow: () => timestampFromMicros(clock()),
    onAccepted: (batches, notices) => {
      observers.note(batches, notices, clock() / 1_000);
    },
  };
  return { door, system, observers, quarantine, signing };
}

/**
 * The ledger as its followers read it, with lines as plain byte arrays: a Buffer's `slice` is a view where that of a byte
 * array is a copy, and a follower that hands its copy to another thread would detach the ledger's own bytes.
 */
export function plainLines(ledger: Ledger): LedgerSource {
  return {
    async *follow(from, signal) {
      for await (const chunk of ledger.follow(from, signal)) {
        const { buffer, byteOffset, length } = chunk.lines;
        yield { ...chunk, lines: new Uint8Array(buffer, byteOffset, length) };
      }
    },
    recordsBefore: (cursor) => ledger.recordsBefore(cursor),
    head: () => ledger.head(),
  };
}

/** Follows what observers deliver; holes that it finds become records. A command that only looks tells none. */
function openObserversAccount(
  { options, clock, log }: OpeningPlace,
  ledger: Ledger,
  system: SystemObserver,
): Completeness {
  const isCommand = options.opening === 'command';
  return openCompleteness({
    dir: options.dataDir,
    ledger,
    clock: isCommand ? undefined : clock,
    tellHole: isCommand ? undefined : (hole) => recordHole(system, hole),
    onFailure: (error) => {
      log.error(error, 'the account of completeness failed; it goes on at the next start');
    },
  });
}

/** Opens ledger, control state, index and doors. Throws when one of them cannot be opened; `place.opened` closes the rest. */
export async function openParts(place: OpeningPlace, version: string): Promise<CollectorParts> {
  const { options, clock, opened } = place;
  const plan = planAnchors(place);
  const { ledger, database } = await openStores(place, plan);
  const access = openAccess(database, options, Math.floor(clock() / 1_000));
  const index = opened.use(
    await openIndex({
      dir: join(options.dataDir, 'index'),
      ledger: plainLines(ledger),
      onFailure: (failure) => {
        place.log.error(failure, 'the index failed; it is started anew');
      },
      ...(options.indexMemoryBytesMax === undefined ? {} : { memoryBytesMax: options.indexMemoryBytesMax }),
      ...(options.indexHotRecordsMax === undefined ? {} : { hotRecordsMax: options.indexHotRecordsMax }),
    }),
  );
  const doors = await openDoors(place, ledger, database, index);
  const labels = { version, origin: doors.door.origin };
  if (options.opening !== 'command') {
    noteOptions(database, doors.system, options);
    doors.system.started(labels);
  }
  const key = new KeyRecorder({ ledger, system: doors.system, database, log: place.log });
  const anchors = startAnchors(place, plan, ledger, doors.system);
  const retention = openRetention(place, { ledger, database, system: doors.system, index });
  opened.defer(() => doors.system.close(options.opening === 'command' ? undefined : labels));
  const completeness = opened.use(openObserversAccount(place, ledger, doors.system));
  return { ledger, index, access, completeness, ...doors, anchors, key, retention };
}
