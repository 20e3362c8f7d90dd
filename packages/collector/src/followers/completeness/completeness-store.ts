import { chmodSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isJsonObject } from '@portledger/format';
import type { Cursor } from '../../ledger/ledger-shapes.ts';
import type { ObserverFacts, StreamState } from './completeness-state.ts';

/** What is added to one bucket of an observer. */
export type BucketSums = {
  delivered: number;
  notices: number;
  seen: number;
  /** Greatest distance of its clock from the collector's, microseconds. */
  clockOffsetMicros: number;
  readonly lost: Map<string, number>;
};

export type Silence = { readonly observer: string; readonly fromMicros: number; readonly toMicros: number };

/** All that changed since the last saving: written in one go with the cursor that it brings the store to. */
export type Changes = {
  readonly cursor: Cursor;
  readonly latestMicros: number;
  readonly streams: Iterable<StreamState>;
  readonly observers: Iterable<ObserverFacts>;
  readonly buckets: Iterable<readonly [observer: string, bucket: number, sums: BucketSums]>;
  readonly silences: Iterable<Silence>;
};

const LAYOUT = 1;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS streams (
    observer TEXT NOT NULL, session TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (observer, session)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS observers (observer TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS buckets (
    observer TEXT NOT NULL, bucket INTEGER NOT NULL, delivered INTEGER NOT NULL, notices INTEGER NOT NULL,
    seen INTEGER NOT NULL, clock_offset INTEGER NOT NULL, PRIMARY KEY (observer, bucket)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS losses (
    observer TEXT NOT NULL, bucket INTEGER NOT NULL, cause TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (observer, bucket, cause)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS silences (
    observer TEXT NOT NULL, begun INTEGER NOT NULL, ended INTEGER NOT NULL,
    PRIMARY KEY (observer, begun)) STRICT, WITHOUT ROWID;
`;

export type Place = { readonly cursor: Cursor; readonly latestMicros: number };

/**
 * Counts of what the ledger holds of each observer, on disk. It may be deleted at any time: it is made again from the
 * ledger, and thrown away by itself where it is not of this ledger.
 */
export class CompletenessStore implements Disposable {
  readonly database: DatabaseSync;
  readonly #vkey: string;

  constructor(path: string, vkey: string) {
    this.#vkey = vkey;
    this.database = openDatabase(path);
    if (this.place() === undefined) this.#clear();
  }

  /** How far the ledger has been followed; undefined for a store of another ledger or layout. */
  place(): Place | undefined {
    const row = this.database.prepare('SELECT value FROM place WHERE one = 1').get();
    const value: unknown = typeof row?.['value'] === 'string' ? JSON.parse(row['value']) : undefined;
    if (!isJsonObject(value) || value['layout'] !== LAYOUT || value['vkey'] !== this.#vkey) return undefined;
    const { block, position, latestMicros } = value;
    if (typeof block !== 'number' || typeof position !== 'number' || typeof latestMicros !== 'number') return undefined;
    return { cursor: { block, position }, latestMicros };
  }

  /** Begins anew: what was followed is no longer what the ledger holds. */
  reset(): void {
    this.#clear();
  }

  save(changes: Changes): void {
    this.database.exec('BEGIN');
    try {
      this.#put(changes);
      this.database.exec('COMMIT');
    } catch (error) {
      this.database.exec('ROLLBACK');
      throw error;
    }
  }

  stream(observer: string, session: string): StreamState | undefined {
    const row = this.database
      .prepare('SELECT state FROM streams WHERE observer = ? AND session = ?')
      .get(observer, session);
    return parseStream(row?.['state']);
  }

  streams(observer: string, fromMicros: number, toMicros: number): StreamState[] {
    return this.database
      .prepare('SELECT state FROM streams WHERE observer = ? AND last >= ? AND first <= ? ORDER BY first')
      .all(observer, fromMicros, toMicros)
      .flatMap((row) => parseStream(row['state']) ?? []);
  }

  observers(): ObserverFacts[] {
    return this.database
      .prepare('SELECT state FROM observers ORDER BY observer')
      .all()
      .flatMap((row) => parseObserver(row['state']) ?? []);
  }

  [Symbol.dispose](): void {
    this.database.close();
  }

  #clear(): void {
    for (const table of ['place', 'streams', 'observers', 'buckets', 'losses', 'silences'])
      this.database.exec(`DELETE FROM ${table}`);
  }

  #put({ cursor, latestMicros, streams, observers, buckets, silences }: Changes): void {
    const { database } = this;
    const putStream = database.prepare('INSERT OR REPLACE INTO streams VALUES (?, ?, ?, ?, ?)');
    for (const stream of streams)
      putStream.run(stream.observer, stream.session, stream.firstMicros, stream.lastMicros, JSON.stringify(stream));
    const putObserver = database.prepare('INSERT OR REPLACE INTO observers VALUES (?, ?)');
    for (const facts of observers) putObserver.run(facts.observer, JSON.stringify(facts));
    const addBucket = database.prepare(
      `INSERT INTO buckets VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         delivered = delivered + excluded.delivered, notices = notices + excluded.notices, seen = seen + excluded.seen,
         clock_offset = max(clock_offset, excluded.clock_offset)`,
    );
    const addLoss = database.prepare(
      'INSERT INTO losses VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
    );
    for (const [observer, bucket, { delivered, notices, seen, clockOffsetMicros, lost }] of buckets) {
      addBucket.run(observer, bucket, delivered, notices, seen, Math.round(clockOffsetMicros));
      for (const [cause, count] of lost) addLoss.run(observer, bucket, cause, count);
    }
    const putSilence = database.prepare('INSERT OR REPLACE INTO silences VALUES (?, ?, ?)');
    for (const { observer, fromMicros, toMicros } of silences) putSilence.run(observer, fromMicros, toMicros);
    const place = JSON.stringify({ layout: LAYOUT, vkey: this.#vkey, latestMicros, ...cursor });
    database.prepare('INSERT OR REPLACE INTO place VALUES (1, ?)').run(place);
  }
}

/** A store that cannot be read is no loss. */
function openDatabase(path: string): DatabaseSync {
  try {
    return prepared(path);
  } catch {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    return prepared(path);
  }
}

function prepared(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  chmodSync(path, 0o600);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000;');
  database.exec(SCHEMA);
  return database;
}

function parseStream(text: unknown): StreamState | undefined {
  const value: unknown = typeof text === 'string' ? JSON.parse(text) : undefined;
  return isStream(value) ? value : undefined;
}

function parseObserver(text: unknown): ObserverFacts | undefined {
  const value: unknown = typeof text === 'string' ? JSON.parse(text) : undefined;
  return isObserver(value) ? value : undefined;
}

// Written by this very class, under its layout's number: a look at the shape is enough.

function isStream(value: unknown): value is StreamState {
  return isJsonObject(value) && 'session' in value && 'next' in value && 'holes' in value && 'told' in value;
}

function isObserver(value: unknown): value is ObserverFacts {
  return isJsonObject(value) && 'observer' in value && 'lastMicros' in value && 'isStopped' in value;
}
