import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentLog } from '@portledger/agent';
import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import type { Config } from '../config/config.ts';
import { LOG_LEVELS, SETTINGS } from '../config/settings.ts';
import { readTokenFile } from '../connection/collector-target.ts';
import { readRunFile } from '../connection/run-file.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { CHILD_READY_TIMEOUT_MS, RUN_FILE_POLL_MS } from '../limits.ts';
import { loadConfig } from '../load-config.ts';
import { escapeControls } from '../output/escape.ts';
import { agentEnrolCommand, identityDirOf } from './agent-enrol.ts';
import { addDataOptions, settingFlags } from './server-options.ts';
import { stopped } from './stopped.ts';

export function agentCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'agent',
    summary: 'run the agent alone, in the foreground',
    description:
      'Watches the connections of this host and sends them to a collector, here or elsewhere. While the collector is away ' +
      'records wait on disk. Its log goes to stderr. Made to be a systemd service; needs root to see everything.',
    examples: [
      [
        'portledger agent --collector https://collector.example.com --token-file /etc/portledger/agent.token',
        'to a collector elsewhere',
      ],
      ['portledger agent', 'to the collector that runs on the same data folder, or where this host was enrolled'],
    ],
  });
  addDataOptions(command)
    .option('--collector <url>', 'collector to send to; default: the one running on the data folder')
    .option('--token-file <file>', 'file that holds its ingest token; default: keys/agent.token in the data folder')
    .option('--observer <name>', 'name under which this host reports (default: its host name)')
    .option('--spool <dir>', 'where records wait while the collector is away (default: spool in the data folder)')
    .option('--capture <mode>', 'auto, ebpf, sock-diag or none (default: auto)');
  return runWith(command, line, agent).addCommand(agentEnrolCommand(line));
}

async function agent(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const config = await loadConfig(invocation, given.text('config'), settingFlags(given));
  const dataDir = config.get(SETTINGS.data);
  const loading = import('@portledger/agent');
  const { startAgent, readEnrolment } = await loading;
  const enrolledAt = readEnrolment(identityDirOf(dataDir))?.collector;
  const url = await collectorUrl(invocation, config, dataDir, enrolledAt);
  const running = await startAgent({
    observer: config.get(SETTINGS.observer),
    version: invocation.version,
    collectorUrl: url,
    token: await readTokenFile(config.get(SETTINGS.agentTokenFile) ?? path.join(dataDir, 'keys', 'agent.token')),
    identityDir: identityDirOf(dataDir),
    spoolDir: config.get(SETTINGS.spoolDir) ?? path.join(dataDir, 'spool'),
    spoolBytesMax: config.get(SETTINGS.spoolBytesMax),
    heartbeatIntervalMs: config.get(SETTINGS.heartbeatInterval),
    pollIntervalMs: config.get(SETTINGS.pollInterval),
    capture: config.get(SETTINGS.capture),
    ownProcess: true,
    log: logTo(invocation, config),
  });
  const { mode, covers, misses, fallbackReason } = running;
  const sees = fallbackReason === undefined ? covers : `${covers} (no kernel capture: ${fallbackReason})`;
  if (invocation.supervisor !== undefined) invocation.supervisor.report({ kind: 'agent-ready', mode, sees, misses });
  else invocation.terminal.out(`capture by ${mode}: ${escapeControls(sees)}`);
  await stopped(invocation.stop);
  await running.stop();
  return invocation.stop.reason === 'SIGINT' ? EXIT.interrupted : EXIT.ok;
}

async function collectorUrl(
  invocation: Invocation,
  config: Config,
  dataDir: string,
  enrolledAt: string | undefined,
): Promise<string> {
  const given = config.get(SETTINGS.agentCollector);
  if (given !== undefined) {
    if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return given;
    throw usage(`the collector's address must be a URL such as http://127.0.0.1:7071, not ${JSON.stringify(given)}`);
  }
  const deadlineMs = performance.now() + (invocation.supervisor === undefined ? 0 : CHILD_READY_TIMEOUT_MS);
  for (;;) {
    const run = await readRunFile(dataDir);
    if (run !== undefined) return run.url;
    if (invocation.supervisor === undefined && enrolledAt !== undefined) return enrolledAt;
    if (performance.now() >= deadlineMs) break;
    // Under `up` both start at once: the collector writes the file once it listens.
    await delay(RUN_FILE_POLL_MS, undefined, { signal: invocation.stop });
  }
  const remedy = 'name one with --collector URL --token-file FILE, or start both with `portledger up`';
  throw new Failure(EXIT.unreachable, `no collector is running on ${dataDir}`, remedy);
}

/** One line an event: time, level, message, fields. journald and a terminal read it alike. */
function logTo(invocation: Invocation, config: Config): AgentLog {
  const most = LOG_LEVELS.indexOf(config.get(SETTINGS.logLevel));
  return (level, message, fields = {}) => {
    if (LOG_LEVELS.indexOf(level) > most) return;
    const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
    invocation.terminal.err(escapeControls(`${new Date().toISOString()} ${level} ${message}${rest.join('')}`));
  };
}
