import { canonicalLine, communityId, timestampFromMicros, type AccessRecord } from '@portledger/format';
import { nodeSha1 } from '@portledger/format/node';
import type { Cursor } from '../../ledger/ledger-shapes.ts';
import type { FollowedChunk } from '../ledger-source.ts';

/** A small repeatable source of numbers below `end` (linear congruence; for samples only). */
function sampleNumbers(seed: number): (end: number) => number {
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
  const places = sampleStreams();
  for (let i = 0; i < connections; i += 1) {
    const work = WORKLOADS[below(WORKLOADS.length)] ?? WORKLOADS[0];
    const [client, server] = [below(20), below(20)];
    const at = startMicros + Math.floor((i * 1_000_000) / connectionsPerSecond);
    const duration = 500 + below(200_000);
    const shared = sampleFlow(client, server, 32_768 + below(28_000), work.port);
    const here = { ...shared, ...clientOf(work), pid: 1000 + below(30_000) };
    const there = { ...shared, ...serverOf(work) };
    const closed = {
      action: 'connection-closed',
      bytes_in: below(100_000),
      bytes_out: below(4000),
      duration_us: duration,
      outcome: 'success',
    } as const;
    const time = (afterMicros: number) => ({ timestamp: timestampFromMicros(at + afterMicros) });
    yield { ...here, action: 'connection-initiated', ...time(0), ...places(client) };
    yield { ...there, action: 'connection-accepted', ...time(40 + below(200)), ...places(server) };
    yield { ...there, ...closed, ...time(duration), ...places(server) };
    yield { ...here, ...closed, ...time(duration + below(100)), ...places(client) };
  }
}

type Workload = (typeof WORKLOADS)[number];

function sampleFlow(client: number, server: number, sourcePort: number, destPort: number) {
  const [source, dest] = [`10.20.${client}.11`, `10.20.${server}.12`];
  return {
    v: 1,
    src_ip: source,
    src_port: sourcePort,
    dest_ip: dest,
    dest_port: destPort,
    protocol: 'tcp',
    direction: 'internal',
    connection_id: communityId({ protocol: 6, sourceIp: source, sourcePort, destIp: dest, destPort }, nodeSha1),
    observer_kind: 'agent',
    source_format: 'ebpf',
  } as const;
}

function clientOf({ user, port, process, exe }: Workload) {
  const attribution = { user_source: 'login-uid', user_kind: 'person' } as const;
  return { user, user_id: String(1000 + port), ...attribution, process, exe, service: `${user}.service` } as const;
}

function serverOf({ app, port }: Workload) {
  const attribution = { user_source: 'process-uid', user_kind: 'service' } as const;
  return { user: app, ...attribution, process: app, service: `${app}.service`, pid: 700 + (port % 97) } as const;
}

/** Numbers the records of each host without holes. */
function sampleStreams(): (host: number) => Pick<AccessRecord, 'observer' | 'session' | 'seq'> {
  const seqs = new Map<string, number>();
  return (host) => {
    const observer = `app-${String(host).padStart(2, '0')}.corp.example`;
    const seq = seqs.get(observer) ?? 0;
    seqs.set(observer, seq + 1);
    return { observer, session: `t5k9x2m-${observer.slice(0, 6)}-a8f3`, seq };
  };
}

/** Records as one chunk of a block, in one batch. The lines are a Buffer, as the ledger's are: its `slice` is no copy. */
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
    lines: Buffer.concat(lines),
    lineEnds,
    batches,
  };
}
