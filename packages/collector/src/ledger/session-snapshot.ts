import { hash } from 'node:crypto';
import { decodeBase64, encodeBase64 } from '@portledger/format';
import type { SequenceRange } from '@portledger/format';
import { DiskError } from './ledger-disk.ts';
import type { LedgerDisk } from './ledger-disk.ts';
import type { SegmentEnd } from './segment-frames.ts';
import type { SessionRow } from './session-table.ts';

const CACHE_FOLDER = 'cache';
const SNAPSHOT_PATH = `${CACHE_FOLDER}/ledger-sessions.json`;
const NEXT_PATH = `${SNAPSHOT_PATH}.next`;

/** What opening a ledger would otherwise gather from all its manifests. A cache: discarded on any doubt. */
export type Snapshot = {
  readonly size: number;
  /** Root of the tree of that size: a snapshot of another ledger must not be taken. */
  readonly root: Uint8Array;
  readonly records: number;
  readonly sessions: readonly SessionRow[];
  readonly segments: readonly (readonly [string, SegmentEnd])[];
};

/** Writes SHA-256 and body. Returns whether it could. */
export function writeSnapshot(home: LedgerDisk, snapshot: Snapshot): boolean {
  const body = JSON.stringify({ ...snapshot, root: encodeBase64(snapshot.root) });
  try {
    home.makeFolder(CACHE_FOLDER);
    home.write(NEXT_PATH, Buffer.from(`${hash('sha256', body, 'hex')}\n${body}`));
    home.sync(NEXT_PATH);
    home.rename(NEXT_PATH, SNAPSHOT_PATH);
    return true;
  } catch {
    return false;
  }
}

/** The snapshot that was written last; undefined where there is none that can be read whole: it is a cache. */
export function readSnapshot(home: LedgerDisk): Snapshot | undefined {
  let bytes: Uint8Array | undefined;
  try {
    bytes = home.read(SNAPSHOT_PATH);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
  }
  if (bytes === undefined) return undefined;
  const text = Buffer.from(bytes).toString();
  const body = text.slice(text.indexOf('\n') + 1);
  return text.startsWith(`${hash('sha256', body, 'hex')}\n`) ? parseSnapshot(body) : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRange(value: unknown): value is SequenceRange {
  return (
    typeof value === 'object' &&
    value !== null &&
    'from' in value &&
    'to' in value &&
    isCount(value.from) &&
    isCount(value.to)
  );
}

function isRow(value: unknown): value is SessionRow {
  if (!Array.isArray(value) || (value.length !== 3 && value.length !== 4)) return false;
  const [key, next, holes, statement]: readonly unknown[] = value;
  if (statement !== undefined && typeof statement !== 'string') return false;
  return typeof key === 'string' && isCount(next) && Array.isArray(holes) && holes.every(isRange);
}

function isEnd(value: unknown): value is readonly [string, SegmentEnd] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [className, end]: readonly unknown[] = value;
  if (typeof className !== 'string' || typeof end !== 'object' || end === null) return false;
  return (
    'segment' in end &&
    'end' in end &&
    'startedMicros' in end &&
    isCount(end.segment) &&
    isCount(end.end) &&
    isCount(end.startedMicros)
  );
}

function parseSnapshot(body: string): Snapshot | undefined {
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof input !== 'object' || input === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(input));
  const [size, records, sessions, segments] = [
    fields.get('size'),
    fields.get('records'),
    fields.get('sessions'),
    fields.get('segments'),
  ];
  const rootText = fields.get('root');
  const root = typeof rootText === 'string' ? decodeBase64(rootText) : undefined;
  if (!isCount(size) || !isCount(records) || root === undefined) return undefined;
  if (!Array.isArray(sessions) || !sessions.every(isRow) || !Array.isArray(segments) || !segments.every(isEnd))
    return undefined;
  return { size, root, records, sessions, segments };
}
