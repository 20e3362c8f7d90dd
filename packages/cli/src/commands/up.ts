import path from 'node:path';
import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import type { Config } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import { ApiClient } from '../connection/api-client.ts';
import { readRunFile, readUpFile, tellUp } from '../connection/run-file.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { AGENT_STOP_MS, COLLECTOR_STOP_MS, SLOW_START_MS } from '../limits.ts';
import { loadConfig } from '../load-config.ts';
import { showFirstAccesses } from '../supervise/first-accesses.ts';
import { ChildLog } from '../supervise/child-log.ts';
import type { ChildReport } from '../supervise/child-report.ts';
import { failureOfEnding, tellRestart } from '../supervise/endings.ts';
import { keepRunning } from '../supervise/keep-running.ts';
import { AGENT_NODE_ARGS } from '../supervise/limits.ts';
import type { ChildHooks } from '../supervise/keep-running.ts';
import { captureLines, startLines } from '../supervise/start-report.ts';
import { addDataOptions, addListenOptions, pinnedListen, settingFlags } from './server-options.ts';

type CollectorReady = Extract<ChildReport, { kind: 'collector-ready' }>;
type AgentReady = Extract<ChildReport, { kind: 'agent-ready' }>;

export function upCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'up',
    summary: 'watch this host: run collector, agent and console',
    description:
      'Runs the collector and the agent of this host as two processes and keeps them running. Prints the address of the ' +
      'console with a one-time sign-in link, how connections are seen and what is missed, and the first accesses. ' +
      'Ctrl-C stops both cleanly.',
    examples: [
      ['portledger up', 'watch this host, keep everything in ./var'],
      ['portledger up --data /var/lib/portledger', 'keep it elsewhere'],
      ['portledger up --listen 127.0.0.1:7072', 'when the port is taken'],
      ['portledger up --no-capture', 'only collect what others send'],
    ],
  });
  addListenOptions(addDataOptions(command))
    .option('--capture <mode>', 'auto, ebpf, sock-diag or none (default: auto)')
    .option('--no-capture', 'do not watch this host: the same as --capture none');
  return runWith(command, line, up);
}

async function up(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const config = await loadConfig(invocation, given.text('config'), settingFlags(given));
  await refuseSecond(config.get(SETTINGS.data));
  const run = new UpRun(invocation, given, config);
  return run.run();
}

async function refuseSecond(dataDir: string): Promise<void> {
  const [run, up] = await Promise.all([readRunFile(dataDir), readUpFile(dataDir)]);
  // After a crash the file may name a process that is another by now: only an answer counts.
  const running = run !== undefined && (await new ApiClient(run.url, run.token).isHealthy()) ? run : undefined;
  const who = up ?? running;
  if (who === undefined) return;
  const where = running === undefined ? 'its collector is being started' : running.url;
  const remedy =
    '`portledger console` prints a sign-in link, `portledger tail` shows what it sees; another --data DIR and --listen run a second one';
  throw new Failure(
    EXIT.failed,
    `already running on ${dataDir}: ${where} (process ${who.pid}, since ${who.started})`,
    remedy,
  );
}

/** One run of `up`: two children, stopped in the order agent, collector, so that the agent's last records are delivered. */
class UpRun {
  readonly #invocation: Invocation;
  readonly #config: Config;
  readonly #given: GivenOptions;
  readonly #stopAgent = new AbortController();
  readonly #stopCollector = new AbortController();
  readonly #hurry = new AbortController();
  readonly #logs: { readonly collector: ChildLog; readonly agent: ChildLog };
  readonly #collectorReady = Promise.withResolvers<CollectorReady>();
  readonly #agentReady = Promise.withResolvers<AgentReady>();
  readonly #pids = new Set([process.pid]);
  #url: string | undefined;

  constructor(invocation: Invocation, given: GivenOptions, config: Config) {
    this.#invocation = invocation;
    this.#given = given;
    this.#config = config;
    const logDir = path.join(config.get(SETTINGS.data), 'log');
    this.#logs = {
      collector: new ChildLog(path.join(logDir, 'collector.log')),
      agent: new ChildLog(path.join(logDir, 'agent.log')),
    };
  }

  async run(): Promise<ExitCode> {
    const { stop, onHurry } = this.#invocation;
    onHurry(() => this.#hurry.abort());
    await using _told = await tellUp(this.#config.get(SETTINGS.data));
    const slow = setTimeout(() => this.#tellWaiting(), SLOW_START_MS);
    const collector = this.#keepCollector();
    const ended = Promise.withResolvers<never>();
    collector.catch((error: unknown) => ended.reject(error));
    const stopped = new Promise<undefined>((resolve) => {
      if (stop.aborted) resolve(undefined);
      stop.addEventListener('abort', () => resolve(undefined));
    });
    // Both start at once; the agent waits for the collector by itself.
    const agent = this.#captures() ? this.#keepAgent() : Promise.resolve();
    agent.catch((error: unknown) => ended.reject(error));
    try {
      const ready = await Promise.race([this.#collectorReady.promise, stopped, ended.promise]);
      if (ready !== undefined) {
        await Promise.race([this.#present(ready, slow), stopped, ended.promise]);
        await Promise.race([stopped, ended.promise]);
      }
    } finally {
      clearTimeout(slow);
      await this.#stop(agent, collector);
    }
    return this.#farewell();
  }

  async #present(ready: CollectorReady, slow: NodeJS.Timeout): Promise<void> {
    const { terminal } = this.#invocation;
    const capture = this.#captures() ? await this.#agentReady.promise : undefined;
    clearTimeout(slow);
    const dataDir = this.#config.get(SETTINGS.data);
    const consoleOn = this.#config.get(SETTINGS.consoleEnabled);
    for (const text of startLines({ ready, dataDir, consoleOn, version: this.#invocation.version }, terminal))
      terminal.out(text);
    for (const text of captureLines(capture, terminal)) terminal.out(text);
    const own = { observer: this.#config.get(SETTINGS.observer), pids: this.#pids };
    await showFirstAccesses(this.#invocation, { dataDir, own, stop: this.#stopAgent.signal });
  }

  #keepCollector(): Promise<void> {
    const args = () => ['collector', ...this.#sharedArgs(), ...this.#listenArgs()];
    const hooks = this.#hooks('collector', (report) => {
      if (report.kind !== 'collector-ready') return;
      this.#url = report.url;
      this.#collectorReady.resolve(report);
    });
    return this.#keep('collector', args, COLLECTOR_STOP_MS, hooks, this.#stopCollector.signal);
  }

  #keepAgent(): Promise<void> {
    const capture = this.#given.text('capture');
    const args = () => ['agent', ...this.#sharedArgs(), ...(capture === undefined ? [] : ['--capture', capture])];
    const hooks = this.#hooks('agent', (report) => {
      if (report.kind === 'agent-ready') this.#agentReady.resolve(report);
    });
    return this.#keep('agent', args, AGENT_STOP_MS, hooks, this.#stopAgent.signal);
  }

  async #keep(
    name: 'collector' | 'agent',
    args: () => readonly string[],
    stopMs: number,
    hooks: ChildHooks,
    stop: AbortSignal,
  ): Promise<void> {
    const nodeArgs = name === 'agent' ? AGENT_NODE_ARGS : [];
    const spec = { nodeArgs, bin: this.#invocation.bin, args, log: this.#logs[name], stopMs };
    const ending = await keepRunning(spec, hooks, stop, this.#hurry.signal);
    if (ending !== undefined) throw failureOfEnding(name, ending, this.#logs[name]);
  }

  #hooks(name: 'collector' | 'agent', onReport: (report: ChildReport) => void): ChildHooks {
    const { terminal } = this.#invocation;
    const onStart = (pid: number) => void this.#pids.add(pid);
    return {
      onStart,
      onReport,
      onRestart: (ending, delayMs) => tellRestart(terminal, name, ending, delayMs, this.#logs[name]),
    };
  }

  #captures(): boolean {
    return this.#config.get(SETTINGS.capture) !== 'none';
  }

  #sharedArgs(): string[] {
    const shared = ['--data', this.#config.get(SETTINGS.data), '--log-level', this.#config.get(SETTINGS.logLevel)];
    const file = this.#config.file;
    return file === undefined ? shared : [...shared, '--config', file];
  }

  #listenArgs(): string[] {
    const listen = ['--listen', pinnedListen(this.#config.get(SETTINGS.listen), this.#url)];
    return this.#config.get(SETTINGS.consoleEnabled) ? listen : [...listen, '--no-console'];
  }

  #tellWaiting(): void {
    const { terminal } = this.#invocation;
    const what = this.#url === undefined ? 'opening the ledger and the index' : 'attaching to the kernel';
    terminal.err(terminal.errPaint('dim', `starting: ${what} …`));
  }

  async #stop(agent: Promise<void>, collector: Promise<void>): Promise<void> {
    this.#stopAgent.abort();
    await agent.catch(() => undefined);
    this.#stopCollector.abort();
    await collector.catch(() => undefined);
    await Promise.all([this.#logs.collector.close(), this.#logs.agent.close()]);
  }

  #farewell(): ExitCode {
    const { terminal, stop } = this.#invocation;
    const how = this.#hurry.signal.aborted
      ? 'killed; the next start repairs what was under way'
      : 'stopped; everything is on disk';
    terminal.out(`\n${terminal.paint('dim', how)}`);
    return stop.reason === 'SIGINT' ? EXIT.interrupted : EXIT.ok;
  }
}
