import type { AccessRecord } from '@portledger/format';
import { canonicalLine, timestampFromMicros } from '@portledger/format';

type Place = { readonly host: string; readonly ip: string };
type Target = Place & { readonly port: number; readonly service: string; readonly exe: string };
type Caller = {
  readonly user: string;
  readonly userId: string;
  readonly kind: 'person' | 'service';
  readonly source: 'login-uid' | 'process-uid';
  readonly service: string;
  readonly exe: string;
};

const HOSTS: readonly Place[] = [
  { host: 'app-1', ip: '10.20.1.11' },
  { host: 'app-2', ip: '10.20.1.12' },
  { host: 'batch-1', ip: '10.20.3.7' },
  { host: 'bastion', ip: '10.20.0.5' },
  { host: 'grafana-1', ip: '10.20.5.2' },
];

const TARGETS: readonly Target[] = [
  { host: 'db-1', ip: '10.20.2.21', port: 5432, service: 'postgresql', exe: '/usr/lib/postgresql/17/bin/postgres' },
  { host: 'cache-1', ip: '10.20.2.31', port: 6379, service: 'redis-server', exe: '/usr/bin/redis-server' },
  { host: 'api-1', ip: '10.20.1.21', port: 8443, service: 'ledger-api', exe: '/srv/ledger-api/bin/server' },
  { host: 'db-1', ip: 'fd00:20:2::21', port: 22, service: 'ssh', exe: '/usr/sbin/sshd' },
  { host: 'search-1', ip: '10.20.2.41', port: 9200, service: 'opensearch', exe: '/usr/share/opensearch/jdk/bin/java' },
];

const CALLERS: readonly Caller[] = [
  {
    user: 'billing',
    userId: '991',
    kind: 'service',
    source: 'process-uid',
    service: 'billing.service',
    exe: '/srv/billing/bin/billing',
  },
  {
    user: 'checkout',
    userId: '992',
    kind: 'service',
    source: 'process-uid',
    service: 'checkout.service',
    exe: '/usr/bin/node',
  },
  {
    user: 'alice',
    userId: '1001',
    kind: 'person',
    source: 'login-uid',
    service: 'session-4.scope',
    exe: '/usr/bin/psql',
  },
  { user: 'bob', userId: '1002', kind: 'person', source: 'login-uid', service: 'session-9.scope', exe: '/usr/bin/ssh' },
  {
    user: 'reports',
    userId: '995',
    kind: 'service',
    source: 'process-uid',
    service: 'reports.timer',
    exe: '/usr/bin/python3.13',
  },
  {
    user: 'prometheus',
    userId: '980',
    kind: 'service',
    source: 'process-uid',
    service: 'prometheus.service',
    exe: '/usr/bin/prometheus',
  },
];

/** Small and repeatable (a linear congruence, Numerical Recipes' constants); chance here only makes examples look alive. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function pick<T>(items: readonly T[], chance: number): T {
  const item = items[Math.min(items.length - 1, Math.floor(chance ** 1.7 * items.length))];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

/** Records of believable connections, oldest first: each opened and closed as both sides see it, some turned away. */
export function exampleTraffic(options: {
  readonly connections: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly seed: number;
}): readonly AccessRecord[] {
  const chance = seeded(options.seed);
  const drafts: Draft[] = [];
  for (let at = 0; at < options.connections; at += 1) {
    // Two waves of load over the time, so that the histogram has a shape.
    const place = chance();
    const wave = 0.5 + 0.5 * Math.sin(place * 14);
    if (chance() > 0.25 + 0.75 * wave) continue;
    const startMs = options.fromMs + place * (options.toMs - options.fromMs);
    drafts.push(...connection(startMs, chance, at));
  }
  const seqs = new Map<string, number>();
  return drafts
    .toSorted((a, b) => a.micros - b.micros)
    .map(({ micros, fields }) => {
      const seq = seqs.get(fields.observer) ?? 0;
      seqs.set(fields.observer, seq + 1);
      return Object.assign(fields, { timestamp: timestampFromMicros(micros), seq });
    });
}

type Draft = { readonly micros: number; readonly fields: Omit<AccessRecord, 'timestamp' | 'seq'> };

function connection(startMs: number, chance: () => number, at: number): readonly Draft[] {
  const from = pick(HOSTS, chance());
  const to = pick(TARGETS, chance());
  const caller = pick(CALLERS, chance());
  const micros = Math.floor(startMs * 1_000);
  const shared = {
    v: 1,
    protocol: 'tcp',
    src_ip: to.ip.includes(':') ? `fd00:20:1::${from.ip.slice(from.ip.lastIndexOf('.') + 1)}` : from.ip,
    src_port: 32_768 + Math.floor(chance() * 28_000),
    src_host: from.host,
    dest_ip: to.ip,
    dest_port: to.port,
    dest_host: to.host,
    connection_id: `1:${btoa(`${at}-example-connection-id`).slice(0, 27)}=`,
  } as const;
  const client = {
    ...shared,
    ...agent(from.host),
    user: caller.user,
    user_id: caller.userId,
    user_kind: caller.kind,
    user_source: caller.source,
    service: caller.service,
    exe: caller.exe,
    process: caller.exe.slice(caller.exe.lastIndexOf('/') + 1),
    pid: 1_200 + Math.floor(chance() * 30_000),
    direction: 'outbound',
  } as const;
  const fate = chance();
  if (fate < 0.06) {
    return [draft(micros, { ...client, action: 'connection-refused', outcome: 'failure', reason: 'refused' })];
  }
  if (fate < 0.08) {
    return [draft(micros, { ...client, action: 'connection-failed', outcome: 'failure', reason: 'timed-out' })];
  }
  const server = {
    ...shared,
    ...agent(to.host),
    user: to.service === 'ssh' ? 'root' : to.service,
    user_source: 'process-uid',
    dest_service: `${to.service}.service`,
    service: `${to.service}.service`,
    exe: to.exe,
    process: to.exe.slice(to.exe.lastIndexOf('/') + 1),
    pid: 640,
    direction: 'inbound',
  } as const;
  const duration = Math.floor(10 ** (2.5 + chance() * 4.5));
  const traffic = {
    outcome: 'success',
    bytes_out: Math.floor(10 ** (1.5 + chance() * 3)),
    bytes_in: Math.floor(10 ** (2 + chance() * 4)),
    duration_us: duration,
  } as const;
  return [
    draft(micros, { ...client, action: 'connection-initiated', outcome: 'success' }),
    draft(micros + 90, { ...server, action: 'connection-accepted', outcome: 'success' }),
    draft(micros + duration, { ...client, ...traffic, action: 'connection-closed' }),
    draft(micros + duration + 60, { ...server, ...traffic, action: 'connection-closed' }),
  ];
}

function agent(host: string) {
  return { observer: host, observer_kind: 'agent', session: `b0f1-${host}`, source_format: 'ebpf' } as const;
}

function draft(micros: number, fields: Draft['fields']): Draft {
  return { micros, fields };
}

export function toNdjson(records: readonly AccessRecord[]): string {
  return records.map((record) => `${canonicalLine(record)}\n`).join('');
}
