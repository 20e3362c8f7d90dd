// bench/capture: what watching every connection costs a saturating connect-per-request load (wrk, `Connection: close`,
// nginx), beside bpftrace on sock:inet_sock_set_state, tcpstates (libbpf-tools) and auditd, interleaved in one run;
// whether every connection reached the ledger; and what the agent costs at rest and at 200 connections a second.
// Each watcher sees WARM_SECONDS of the load before it is measured.
//   sudo node_modules/.bin/node bench/capture.ts [--seconds 5] [--rounds 5] [--only WORD …] [--rest-seconds 60]
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AGENT_NODE_ARGS } from '../packages/cli/src/supervise/limits.ts';
import { cpuSeconds, describeMachine, markdownTable, percentile, programPath, residentBytes } from './machine.ts';
import { type NginxServer, runWrk, startNginx } from './nginx-load.ts';
import { costAtRest } from './agent-at-rest.ts';
import { auditdProgram } from './peers/auditd.ts';
import { freePort } from './peers/postgres-copy.ts';

const ROOT = join(import.meta.dirname, '..');
const TRACEFS = '/sys/kernel/tracing';
const CLI = join(ROOT, 'packages/cli/bin/portledger.mjs');
const { values: args } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', multiple: true },
    'rest-seconds': { type: 'string', default: '60' },
  },
});

/** Before anything is measured: a just-in-time compiler, caches and buffers settle as they have on any host in use. */
const WARM_SECONDS = 4;

/** Something that watches connections: started before the load, stopped after, with what it says of itself. */
type Watcher = { readonly name: string; readonly start: () => Promise<Running> };
type Running = {
  /** The load that is measured begins. */
  readonly begin?: () => Promise<void>;
  readonly finish: (connections: number) => Promise<string>;
  readonly stop: () => Promise<void>;
};

async function untilTrue(what: string, isTrue: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'close');
}

/** A peer program whose output goes to a file, as it would in use. */
function peer(
  name: string,
  program: string,
  programArgs: readonly string[],
  ready: (output: string) => boolean,
): Watcher | undefined {
  const path = programPath(program);
  if (!path) return undefined;
  return {
    name,
    async start() {
      const dir = mkdtempSync(join(tmpdir(), 'portledger-bench-peer-'));
      const file = join(dir, 'out');
      const child = spawn(path, programArgs, {
        stdio: ['ignore', openSync(file, 'w'), openSync(join(dir, 'err'), 'w')],
      });
      await untilTrue(
        `${name} ready`,
        () => ready(readFileSync(join(dir, 'err'), 'utf8') + readFileSync(file, 'utf8')) || child.exitCode !== null,
        5000,
      ).catch(() => undefined);
      if (child.exitCode !== null)
        throw new Error(`${name} ended: ${readFileSync(join(dir, 'err'), 'utf8').slice(0, 300)}`);
      return {
        async finish() {
          await ended(child, 'SIGINT');
          const errors = readFileSync(join(dir, 'err'), 'utf8');
          const lost = /[Ll]ost (\d+) events/g;
          const lostEvents = [...errors.matchAll(lost), ...readFileSync(file, 'utf8').matchAll(lost)].reduce(
            (sum, match) => sum + Number(match[1]),
            0,
          );
          return lostEvents > 0 ? `lost ${lostEvents} events` : 'reported no loss';
        },
        async stop() {
          await ended(child, 'SIGKILL');
          rmSync(dir, { recursive: true, force: true });
        },
      };
    },
  };
}

function auditd(): Watcher | undefined {
  const start = auditdProgram();
  if (start === undefined) return undefined;
  return {
    name: 'auditd (connect, accept4), to its own log',
    async start() {
      const running = await start();
      return { finish: (connections) => running.verdict(connections), stop: () => running.stop() };
    },
  };
}

type RunFile = { readonly url: string; readonly token: string; readonly pid: number };

async function started(dir: string, child: ChildProcess): Promise<RunFile> {
  const runFile = join(dir, 'run', 'collector.json');
  await untilTrue('the collector', () => existsSync(runFile) || child.exitCode !== null);
  return JSON.parse(readFileSync(runFile, 'utf8'));
}

async function ask<T>(run: RunFile, path: string): Promise<T> {
  const reply = await fetch(new URL(path, run.url), {
    headers: { authorization: `Bearer ${run.token}`, connection: 'close' },
  });
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
  return JSON.parse(await reply.text());
}

/** The whole product on the one machine: agent, collector, index. */
function wholeProduct(server: NginxServer): Watcher {
  return {
    name: 'portledger up (agent + collector + index on the same two cores)',
    async start() {
      const dir = mkdtempSync(join(tmpdir(), 'portledger-bench-up-'));
      const child = spawn(
        process.execPath,
        [CLI, 'up', '--data', dir, '--listen', '127.0.0.1:0', '--log-level', 'error'],
        { stdio: 'ignore' },
      );
      const run = await started(dir, child);
      await untilTrue('capture', async () =>
        (await ask<{ observers: readonly { mode?: string }[] }>(run, '/v1/status')).observers.some(
          ({ mode }) => mode === 'ebpf',
        ),
      );
      let before: Counted = { 'connection-initiated': 0, 'connection-accepted': 0, 'connection-closed': 0 };
      return {
        async begin() {
          before = await drainedLedger(run, server, 1);
        },
        async finish(connections) {
          const closings = before['connection-closed'] + 2 * connections;
          return ledgerVerdict(run, before, await drainedLedger(run, server, closings), connections);
        },
        async stop() {
          await ended(child, 'SIGTERM');
          rmSync(dir, { recursive: true, force: true });
        },
      };
    },
  };
}

const COUNTED = ['connection-initiated', 'connection-accepted', 'connection-closed'] as const;
type Counted = Readonly<Record<(typeof COUNTED)[number], number>>;

/** What the ledger holds of the load once both closings of so many connections are there, or no more come. */
async function drainedLedger(run: RunFile, server: NginxServer, closings: number): Promise<Counted> {
  const look = async (): Promise<Counted> => {
    const totals = COUNTED.map(async (action) => {
      const query = encodeURIComponent(`dest_port:${server.port} AND action:${action}`);
      return [action, (await ask<{ total: number }>(run, `/v1/top?field=action&limit=1&q=${query}`)).total] as const;
    });
    const found = new Map(await Promise.all(totals));
    const of = (action: (typeof COUNTED)[number]): number => found.get(action) ?? 0;
    return {
      'connection-initiated': of('connection-initiated'),
      'connection-accepted': of('connection-accepted'),
      'connection-closed': of('connection-closed'),
    };
  };
  let before = await look();
  const deadline = Date.now() + 60_000;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const now = await look();
    const isStill = COUNTED.every((action) => now[action] === before[action]);
    if (isStill && (now['connection-closed'] >= closings || Date.now() > deadline)) return now;
    before = now;
  }
}

async function ledgerVerdict(run: RunFile, before: Counted, after: Counted, connections: number): Promise<string> {
  const { observers } = await ask<{ observers: readonly { lost?: number }[] }>(run, '/v1/status');
  const lost = observers.reduce((sum, observer) => sum + (observer.lost ?? 0), 0);
  const seen = COUNTED.map((action) => `${after[action] - before[action]} ${action.slice('connection-'.length)}`);
  return `ledger: ${seen.join(', ')} for ${connections} requests; lost ${lost}`;
}

/** The agent proper, its collector elsewhere: here away, so that it spools to disk and nothing else shares the cores. */
function agentAlone(server: NginxServer): Watcher {
  return {
    name: 'portledger agent (kernel program, attribution, spool on disk)',
    async start() {
      const agent = await startAgentProcess();
      let cpuBefore = 0;
      let spooledBefore = 0;
      return {
        async begin() {
          spooledBefore = await spooledOf(agent.spool, server.port, Number.NaN);
          cpuBefore = cpuSeconds(agent.pid);
        },
        async finish(connections) {
          const cpu = ((cpuSeconds(agent.pid) - cpuBefore) / connections) * 1e6;
          const memory = Math.round(residentBytes(agent.pid) / 2 ** 20);
          const spooled = (await spooledOf(agent.spool, server.port, spooledBefore + 4 * connections)) - spooledBefore;
          return `${cpu.toFixed(1)} µs of processor a connection, ${memory} MiB resident; ${spooled} records on disk for ${connections} requests`;
        },
        stop: () => agent.stop(),
      };
    },
  };
}

type AgentProcess = { readonly pid: number; readonly spool: string; stop(): Promise<void> };

async function startAgentProcess(): Promise<AgentProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'portledger-bench-agent-'));
  const token = join(dir, 'token');
  writeFileSync(token, 'plt_unused\n', { mode: 0o600 });
  const config = join(dir, 'portledger.yaml');
  // The collector is away: what the load makes must fit.
  writeFileSync(config, 'agent:\n  spool:\n    max: 2GiB\n');
  const agentArgs = ['agent', '--config', config, '--data', dir, '--collector', `http://127.0.0.1:${await freePort()}`];
  const child = spawn(
    process.execPath,
    [...AGENT_NODE_ARGS, CLI, ...agentArgs, '--token-file', token, '--log-level', 'error'],
    { stdio: 'ignore' },
  );
  const spool = join(dir, 'spool');
  const isUp = (): boolean => existsSync(spool) && readdirSync(spool).some((name) => name.endsWith('.ndjson'));
  await untilTrue('the agent', () => isUp() || child.exitCode !== null);
  if (child.pid === undefined || child.exitCode !== null) throw new Error('the agent does not start');
  return {
    pid: child.pid,
    spool,
    async stop() {
      await ended(child, 'SIGTERM');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Records of a port in the spool, once there are as many as expected or no more come. */
async function spooledOf(spool: string, port: number, expected: number): Promise<number> {
  const count = (): number => {
    let records = 0;
    for (const name of readdirSync(spool)) {
      if (name.endsWith('.ndjson')) records += occurrences(readFileSync(join(spool, name)), `"dest_port":${port},`);
    }
    return records;
  };
  let before = -1;
  for (let now = count(); now !== before && !(now >= expected); now = count()) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 600));
  }
  return count();
}

function occurrences(bytes: Buffer, text: string): number {
  let count = 0;
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + text.length)) count += 1;
  return count;
}

async function restRows(seconds: number): Promise<readonly (readonly string[])[]> {
  const rows: string[][] = [];
  for (const perSecond of [0, 200]) {
    const agent = await startAgentProcess();
    try {
      const { corePercent, residentMib, connections } = await costAtRest(agent.pid, seconds, perSecond);
      const what = perSecond === 0 ? 'at rest' : `${(connections / seconds).toFixed(0)} connections a second`;
      rows.push([what, `${corePercent.toFixed(2)} % of a core`, `${residentMib.toFixed(0)} MiB`]);
    } finally {
      await agent.stop();
    }
  }
  return rows;
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

function spread(values: readonly number[], text: (value: number) => string): string {
  return `${text(median(values))} (${text(Math.min(...values))} to ${text(Math.max(...values))})`;
}

/** What of the median throughput is missing, percent. */
function costOf(rates: readonly number[], base: readonly number[]): number {
  return (1 - median(rates) / median(base)) * 100;
}

const NOTHING: Watcher = {
  name: 'nothing watching',
  start: async () => ({ finish: async () => '', stop: async () => undefined }),
};
const BPFTRACE =
  'tracepoint:sock:inet_sock_set_state { printf("%llu %d %s %d %d %d %d\\n", nsecs, pid, comm, args->oldstate, args->newstate, args->sport, args->dport); }';

async function measure(
  watchers: readonly Watcher[],
  server: NginxServer,
): Promise<ReadonlyMap<string, { rates: number[]; notes: string[] }>> {
  const results = new Map(watchers.map(({ name }) => [name, { rates: [] as number[], notes: [] as string[] }]));
  for (let round = 0; round < Number(args.rounds); round += 1) {
    for (const watcher of watchers) {
      const result = results.get(watcher.name);
      let running: Running | undefined;
      try {
        running = await watcher.start();
        runWrk(server.port, WARM_SECONDS);
        await running.begin?.();
        const load = runWrk(server.port, Number(args.seconds));
        result?.rates.push(load.requestsPerSecond);
        result?.notes.push(await running.finish(load.requests));
      } catch (error) {
        result?.notes.push(error instanceof Error ? error.message : String(error));
      } finally {
        await running?.stop();
      }
    }
  }
  return results;
}

const mountedTracefs = !existsSync(join(TRACEFS, 'events'));
if (mountedTracefs) execFileSync('mount', ['-t', 'tracefs', 'nodev', TRACEFS]);
const loadBefore = loadavg()
  .map((load) => load.toFixed(1))
  .join(' ');
const server = await startNginx();
try {
  const peers = [
    peer('bpftrace on sock:inet_sock_set_state', 'bpftrace', ['-e', BPFTRACE], (output) =>
      output.includes('Attaching'),
    ),
    peer('tcpstates (libbpf-tools)', 'tcpstates', [], (output) => output.includes('SKADDR')),
    auditd(),
  ];
  const all = [NOTHING, agentAlone(server), wholeProduct(server), ...peers.filter((watcher) => watcher !== undefined)];
  const watchers = all.filter(
    ({ name }) => !args.only || name === NOTHING.name || args.only.some((word) => name.includes(word)),
  );
  const results = await measure(watchers, server);
  const base = results.get(NOTHING.name)?.rates ?? [];
  const rows = [...results].map(([name, { rates, notes }]) => [
    name,
    spread(rates, (rate) => `${Math.round(rate)}`),
    name === NOTHING.name ? '' : `${costOf(rates, base).toFixed(1)} %`,
    notes.at(-1) ?? '',
  ]);
  console.log(
    `Machine: ${describeMachine()}; load average before: ${loadBefore}\n\nwrk -t1 -c32, new connection a request, ${args.seconds} s × ${args.rounds} rounds, interleaved, median (least to most)\n`,
  );
  console.log(markdownTable(['watching', 'requests/s', 'cost', 'last round'], rows));
  const restSeconds = Number(args['rest-seconds']);
  if (restSeconds > 0) {
    console.log(`\nThe agent with less to do, over ${restSeconds} s each\n`);
    console.log(markdownTable(['load', 'processor', 'resident'], await restRows(restSeconds)));
  }
} finally {
  await server.stop();
  if (mountedTracefs) execFileSync('umount', [TRACEFS]);
}
