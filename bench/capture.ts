// bench/capture: what watching every connection costs a saturating connect-per-request load (wrk, `Connection: close`,
// nginx), beside bpftrace on sock:inet_sock_set_state, tcpstates (libbpf-tools) and auditd, interleaved in one run;
// and whether every connection reached the ledger.
//   sudo node_modules/.bin/node bench/capture.ts [--seconds 5] [--rounds 5]
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AGENT_NODE_ARGS } from '../packages/cli/src/supervise/limits.ts';
import { cpuSeconds, describeMachine, markdownTable, percentile, programPath, residentBytes } from './machine.ts';
import { type NginxServer, runWrk, startNginx } from './nginx-load.ts';
import { freePort } from './peers/postgres-copy.ts';

const ROOT = join(import.meta.dirname, '..');
const TRACEFS = '/sys/kernel/tracing';
const CLI = join(ROOT, 'packages/cli/bin/portledger.mjs');
const { values: args } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', multiple: true },
  },
});

/** Something that watches connections: started before the load, stopped after, with what it says of itself. */
type Watcher = { readonly name: string; readonly start: () => Promise<Running> };
type Running = { readonly finish: (connections: number) => Promise<string>; readonly stop: () => Promise<void> };

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
  const path = programPath('auditd');
  const auditctl = programPath('auditctl');
  if (!path || !auditctl) return undefined;
  return {
    name: 'auditd (connect, accept, accept4)',
    async start() {
      const dir = mkdtempSync(join(tmpdir(), 'portledger-bench-audit-'));
      mkdirSync(join(dir, 'plugins.d'));
      const settings = `log_file = ${dir}/audit.log\nlog_format = RAW\nflush = INCREMENTAL_ASYNC\nfreq = 50\nmax_log_file = 2000\nmax_log_file_action = IGNORE\nplugin_dir = ${dir}/plugins.d\nq_depth = 20000\n`;
      writeFileSync(join(dir, 'auditd.conf'), settings, { mode: 0o640 });
      const child = spawn(path, ['-n', '-c', dir], { stdio: 'ignore' });
      await untilTrue('auditd ready', () => existsSync(join(dir, 'audit.log')) || child.exitCode !== null);
      execFileSync(auditctl, ['-b', '65536'], { stdio: 'ignore' });
      const rule = ['-a', 'always,exit', '-F', 'arch=b64', '-S', 'connect,accept,accept4', '-k', 'portledger-bench'];
      execFileSync(auditctl, rule, { stdio: 'ignore' });
      const before = lostByAudit(auditctl);
      return {
        async finish() {
          return `kernel audit lost ${lostByAudit(auditctl) - before} events`;
        },
        async stop() {
          execFileSync(auditctl, ['-D', '-k', 'portledger-bench'], { stdio: 'ignore' });
          execFileSync(auditctl, ['-e', '0'], { stdio: 'ignore' });
          await ended(child, 'SIGTERM');
          rmSync(dir, { recursive: true, force: true });
        },
      };
    },
  };
}

function lostByAudit(auditctl: string): number {
  return Number(/^lost (\d+)/m.exec(execFileSync(auditctl, ['-s'], { encoding: 'utf8' }))?.[1] ?? 0);
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
      return {
        finish: (connections) => ledgerVerdict(run, server, connections),
        async stop() {
          await ended(child, 'SIGTERM');
          rmSync(dir, { recursive: true, force: true });
        },
      };
    },
  };
}

/** Counts what the ledger holds of the load once it has drained; wrk itself opens a few connections that it does not count as requests. */
async function ledgerVerdict(run: RunFile, server: NginxServer, connections: number): Promise<string> {
  const counted = async (action: string): Promise<number> => {
    const query = encodeURIComponent(`dest_port:${server.port} AND action:${action}`);
    return (await ask<{ total: number }>(run, `/v1/top?field=action&limit=1&q=${query}`)).total;
  };
  let last = -1;
  await untilTrue(
    'the ledger to drain',
    async () => {
      const now = await counted('connection-closed');
      const drained = now === last && now >= 2 * connections;
      last = now;
      return (
        drained ||
        (now === last &&
          now > 0 &&
          (await ask<{ observers: readonly { lost?: number }[] }>(run, '/v1/status')).observers.some(
            ({ lost }) => (lost ?? 0) > 0,
          ))
      );
    },
    60_000,
  );
  const lost = (await ask<{ observers: readonly { lost?: number }[] }>(run, '/v1/status')).observers.reduce(
    (sum, observer) => sum + (observer.lost ?? 0),
    0,
  );
  const seen = await Promise.all(['connection-initiated', 'connection-accepted'].map(counted));
  return `ledger: ${seen[0]} initiated, ${seen[1]} accepted for ${connections} requests; lost ${lost}`;
}

/** The agent proper, its collector elsewhere: here away, so that it spools to disk and nothing else shares the cores. */
function agentAlone(): Watcher {
  return {
    name: 'portledger agent (kernel program, attribution, spool on disk)',
    async start() {
      const dir = mkdtempSync(join(tmpdir(), 'portledger-bench-agent-'));
      const port = await freePort();
      writeFileSync(join(dir, 'token'), 'plt_unused\n', { mode: 0o600 });
      const child = spawn(
        process.execPath,
        [
          ...AGENT_NODE_ARGS,
          CLI,
          'agent',
          '--data',
          dir,
          '--collector',
          `http://127.0.0.1:${port}`,
          '--token-file',
          join(dir, 'token'),
          '--log-level',
          'error',
        ],
        { stdio: 'ignore' },
      );
      await untilTrue('the agent', () => existsSync(join(dir, 'spool')) || child.exitCode !== null);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const startSeconds = child.pid === undefined ? 0 : cpuSeconds(child.pid);
      return {
        async finish(connections) {
          if (child.pid === undefined || child.exitCode !== null) throw new Error('the agent ended');
          return `${(((cpuSeconds(child.pid) - startSeconds) / connections) * 1e6).toFixed(1)} µs of processor a connection, ${Math.round(residentBytes(child.pid) / 2 ** 20)} MiB resident`;
        },
        async stop() {
          await ended(child, 'SIGTERM');
          rmSync(dir, { recursive: true, force: true });
        },
      };
    },
  };
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
  const all = [NOTHING, agentAlone(), wholeProduct(server), ...peers.filter((watcher) => watcher !== undefined)];
  const watchers = all.filter(
    ({ name }) => !args.only || name === NOTHING.name || args.only.some((word) => name.includes(word)),
  );
  const results = await measure(watchers, server);
  const median = (values: readonly number[]): number => percentile(values, 0.5);
  const base = median(results.get(NOTHING.name)?.rates ?? []);
  const rows = [...results].map(([name, { rates, notes }]) => [
    name,
    `${Math.round(median(rates))}`,
    `${((1 - median(rates) / base) * 100).toFixed(1)} %`,
    notes.at(-1) ?? '',
  ]);
  console.log(
    `Machine: ${describeMachine()}; load average before: ${loadBefore}\n\nwrk -t1 -c32, new connection a request, ${args.seconds} s × ${args.rounds} rounds, interleaved, median\n`,
  );
  console.log(markdownTable(['watching', 'requests/s', 'cost', 'last round'], rows));
} finally {
  await server.stop();
  if (mountedTracefs) execFileSync('umount', [TRACEFS]);
}
