import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    observer TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    revoked INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS tokens_name ON tokens (name) WHERE revoked IS NULL;
  CREATE TABLE IF NOT EXISTS sessions (
    hash BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    observer TEXT NOT NULL,
    expires INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS observers (
    observer TEXT PRIMARY KEY,
    state TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS observer_keys (
    observer TEXT PRIMARY KEY,
    key_id TEXT NOT NULL,
    key BLOB NOT NULL,
    registered INTEGER NOT NULL,
    by TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;
`;

/**
 * Opens the collector's control state (tokens, sessions, what observers said last) at `path`, made 0600 when new.
 * It holds no record and no secret: tokens and sessions stand in it as SHA-256 hashes only.
 */
export function openControlStore(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  chmodSync(path, 0o600);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000;');
  database.exec(SCHEMA);
  return database;
}
