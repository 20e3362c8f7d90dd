import { canonicalLine, communityId, timestampFromMicros, type AccessRecord } from '@portledger/format';
import { nodeSha1 } from '@portledger/format/node';
import type { Cursor } from '../../ledger/ledger-shapes.ts';
import type { FollowedChunk } from '../ledger-source.ts';

/** A small repeatable source of numbers below `end` (linear congruence; for samples only). */
export function sampleNumbers(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * end);
  };
}

const WORKLOADS = [
  {
    user: 'billing',
    process: 'java',
    exe: '/usr/lib/jvm/java-21-openjdk-amd64/bin/java',
    port: 5432,
    app: 'postgresql',
  },
  { user: 'www-data', process: 'nginx', exe: '/usr/sbin/nginx', port: 8080, app: 'http' },
  { user: 'alice', process: 'psql', exe: '/usr/lib/postgresql/17/bin/psql', port: 5432, app: 'postgresql' },
  { user: 'prometheus', process: 'prometheus', exe: '/usr/bin/prometheus', port: 9100, app: 'http' },
  { user: 'bob', process: 'ssh', exe: '/usr/bin/ssh', port: 22, app: 'ssh' },
  { user: 'redis', process: 'python3', exe: '/usr/bin/python3.13', port: 6379, app: 'redis' },
] as const;

/** Records as agents on twenty hosts make them: a connection is initiated, accepted and closed at both ends. */
export function* sampleRecords(
  connections: number,
  startMicros: number,
  connectionsPerSecond = 1000,
): Generator<AccessRecord> {
  const below = sampleNumbers(7);
  const seqs = new Map<string, number>();
  for (let i = 0; i < connections; i += 1) {
    const work = WORKLOADS[below(WORKLOADS.length)] ?? WORKLOADS[0];
    const [client, server] = [below(20), below(20)];
    const [source, dest] = [`10.20.${client}.11`, `10.20.${server}.12`];
    const sourcePort = 32_768 + below(28_000);
    const at = startMicros + Math.floor((i * 1_000_000) / connectionsPerSecond);
    const tuple = { sourceIp: source, sourcePort, destIp: dest, destPort: work.port };
    const duration = 500 + below(200_000);
    const shared = {
      v: 1,
      src_ip: source,
      src_port: sourcePort,
      dest_ip: dest,
      dest_port: work.port,
      protocol: 'tcp',
      direction: 'internal',
      connection_id: sampleConnectionId(tuple),
      observer_kind: 'agent',
      source_format: 'ebpf',
    } as const;
    const pid = 1000 + below(30_000);
    const clientSide = {
      user: work.user,
      user_id: String(1000 + work.port),
      user_source: 'login-uid',
      user_kind: 'person',
      process: work.process,
      exe: work.exe,
      pid,
      service: `${work.user}.service`,
    } as const;
    const serverSide = {
      process: work.app,
      service: `${work.app}.service`,
      pid: 700 + (work.port % 97),
      user: work.app,
      user_source: 'process-uid',
      user_kind: 'service',
    } as const;
    const closed = {
      bytes_in: below(100_000),
      bytes_out: below(4000),
      duration_us: duration,
      outcome: 'success',
    } as const;
    yield {
      ...shared,
      ...clientSide,
      action: 'connection-initiated',
      timestamp: timestampFromMicros(at),
      ...place(client),
    };
    yield {
      ...shared,
      ...serverSide,
      action: 'connection-accepted',
      timestamp: timestampFromMicros(at + 40 + below(200)),
      ...place(server),
    };
    yield {
      ...shared,
      ...serverSide,
      ...closed,
      action: 'connection-closed',
      timestamp: timestampFromMicros(at + duration),
      ...place(server),
    };
    yield {
      ...shared,
      ...clientSide,
      ...closed,
      action: 'connection-closed',
      timestamp: timestampFromMicros(at + duration + below(100)),
      ...place(client),
    };
  }

  function place(host: number): Pick<AccessRecord, 'observer' | 'session' | 'seq'> {
    const observer = `app-${String(host).padStart(2, '0')}.corp.example`;
    const seq = seqs.get(observer) ?? 0;
    seqs.set(observer, seq + 1);
    return { observer, session: `t5k9x2m-${observer.slice(0, 6)}-a8f3`, seq };
  }
}

function sampleConnectionId(tuple: { sourceIp: string; sourcePort: number; destIp: string; destPort: number }): string {
  return communityId({ protocol: 6, ...tuple }, nodeSha1);
}

/** Records as one chunk of a block, in one batch. */
export function chunkOf(
  records: readonly AccessRecord[],
  at: Cursor,
  received: string,
  retentionClass = 'standard',
): FollowedChunk {
  const lines = records.map((record) => Buffer.from(`${canonicalLine(record)}\n`));
  const lineEnds = new Uint32Array(lines.length);
  let end = 0;
  for (const [i, line] of lines.entries()) {
    end += line.length;
    lineEnds[i] = end;
  }
  const batches = [{ position: at.position, count: records.length, received }];
  return {
    ...at,
    count: records.length,
    class: retentionClass,
    lines: new Uint8Array(Buffer.concat(lines)),
    lineEnds,
    batches,
  };
}
