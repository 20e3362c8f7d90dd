import { createHash } from 'node:crypto';
import { type AccessRecord, canonicalLine, communityId, timestampFromMicros } from '@portledger/format';

// Records as an agent writes them: a few services, a few hundred hosts, ephemeral ports, both sides of each connection.
const SERVICES = ['billing', 'checkout', 'search', 'mailer', 'reports', 'sync', 'gateway', 'cron'];
const PORTS = [5432, 6379, 9092, 443, 8080, 22, 27_017, 9200];
const TCP = 6;
const USERS = ['root', 'postgres', 'www-data', 'alice', 'bob', 'carol', 'deploy', 'nobody'];

/** A small seeded generator (mulberry32), so that every run measures the same bytes. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest();
}

function pick<T>(values: readonly T[], share: number): T {
  const value = values[Math.floor(share * values.length)];
  if (value === undefined) throw new RangeError('nothing to pick from');
  return value;
}

/**
 * `count` records of one observer's stream as NDJSON bodies of `perBody` lines each.
 * Each connection gives four records (initiated, accepted, closed twice), as on a host that is client and server.
 */
export function recordBodies(options: {
  readonly observer: string;
  readonly session: string;
  readonly count: number;
  readonly perBody: number;
  readonly startMicros: number;
  readonly seed: number;
  /** Without what only an agent knows: lines of about 270 bytes, as simple senders write them, instead of 550. */
  readonly isShort?: boolean;
  /** The five fields of the standard template and nothing else, about 120 bytes, for the collector to number and complete. */
  readonly isTemplate?: boolean;
}): readonly Uint8Array[] {
  const random = seededRandom(options.seed);
  const bodies: Uint8Array[] = [];
  let lines: string[] = [];
  let connection = newConnection(random);
  const shaped = options.isShort === true ? shortRecord : (record: AccessRecord): AccessRecord => record;
  for (let seq = 0; seq < options.count; seq += 1) {
    if (seq % 4 === 0) connection = newConnection(random);
    const timestamp = timestampFromMicros(options.startMicros + seq * 7);
    const record = recordOf(connection, seq % 4, { ...options, seq, timestamp, random });
    lines.push(options.isTemplate === true ? templateLine(record) : canonicalLine(shaped(record)));
    if (lines.length === options.perBody || seq === options.count - 1) {
      bodies.push(Buffer.from(`${lines.join('\n')}\n`));
      lines = [];
    }
  }
  return bodies;
}

function templateLine({ timestamp, user, src_port, dest_port, action }: AccessRecord): string {
  return JSON.stringify({ timestamp, user, src_port: String(src_port), dest_port: String(dest_port), action });
}

/** The five fields of the standard template, the addresses, and what places a record in its stream. */
function shortRecord(record: AccessRecord): AccessRecord {
  const { v, timestamp, action, user, src_ip, src_port, dest_ip, dest_port, observer, observer_kind, session, seq } =
    record;
  const ends = {
    ...(src_ip && { src_ip }),
    ...(dest_ip && { dest_ip }),
    ...(src_port && { src_port }),
    ...(dest_port && { dest_port }),
  };
  return { v, timestamp, action, ...(user && { user }), ...ends, observer, observer_kind, session, seq };
}

type Connection = {
  readonly sourceIp: string;
  readonly destIp: string;
  readonly sourcePort: number;
  readonly destPort: number;
  readonly user: string;
  readonly service: string;
  readonly destService: string;
  readonly pid: number;
  readonly connectionId: string;
};

function newConnection(random: () => number): Connection {
  const sourceIp = `10.20.${Math.floor(random() * 4)}.${Math.floor(random() * 250) + 1}`;
  const destIp = `10.30.0.${Math.floor(random() * 40) + 1}`;
  const sourcePort = 32_768 + Math.floor(random() * 28_000);
  const destPort = pick(PORTS, random());
  const tuple = { protocol: TCP, sourceIp, destIp, sourcePort, destPort };
  return {
    ...tuple,
    user: pick(USERS, random()),
    service: pick(SERVICES, random()),
    destService: pick(SERVICES, random()),
    pid: 300 + Math.floor(random() * 4000),
    connectionId: communityId(tuple, sha1),
  };
}

function recordOf(
  connection: Connection,
  step: number,
  place: {
    readonly observer: string;
    readonly session: string;
    readonly seq: number;
    readonly timestamp: string;
    readonly random: () => number;
  },
): AccessRecord {
  const closed = step >= 2;
  return {
    v: 1,
    timestamp: place.timestamp,
    action: closed ? 'connection-closed' : step === 0 ? 'connection-initiated' : 'connection-accepted',
    outcome: 'success',
    user: connection.user,
    user_kind: 'service',
    user_source: 'process-uid',
    service: connection.service,
    dest_service: connection.destService,
    src_ip: connection.sourceIp,
    src_port: connection.sourcePort,
    dest_ip: connection.destIp,
    dest_port: connection.destPort,
    protocol: 'tcp',
    direction: 'internal',
    connection_id: connection.connectionId,
    ...(closed && {
      bytes_in: Math.floor(place.random() * 90_000),
      bytes_out: Math.floor(place.random() * 4000),
      duration_us: Math.floor(place.random() * 900_000),
    }),
    pid: connection.pid,
    process: connection.service,
    exe: `/usr/bin/${connection.service}`,
    observer: place.observer,
    observer_kind: 'agent',
    session: place.session,
    seq: place.seq,
    source_format: 'ebpf',
  };
}
