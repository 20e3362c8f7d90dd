import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { loadConfig } from '../load-config.ts';
import { escapeControls } from '../output/escape.ts';
import { tuneCollectorMemory } from '../connection/collector-memory.ts';
import { startCollectorOf } from '../connection/in-process-collector.ts';
import { stopped } from './stopped.ts';
import { addDataOptions, addListenOptions, settingFlags } from './server-options.ts';

export function collectorCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'collector',
    summary: 'run the collector alone, in the foreground',
    description:
      'Runs the collector alone: ledger, index, API and console. Its log goes to stderr. Made to be a systemd service.',
    examples: [['portledger collector --data /var/lib/portledger --listen 127.0.0.1:7071', 'as a service runs it']],
  });
  addListenOptions(addDataOptions(command));
  return runWith(command, line, collector);
}

async function collector(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const config = await loadConfig(invocation, given.text('config'), settingFlags(given));
  tuneCollectorMemory();
  const running = await startCollectorOf(invocation, config);
  const { url, vkey } = running;
  if (invocation.supervisor === undefined) invocation.terminal.out(`listening on ${escapeControls(url)}`);
  else invocation.supervisor.report({ kind: 'collector-ready', url, vkey, signInUrl: running.signInUrl() });
  await stopped(invocation.stop);
  await running.close();
  return invocation.stop.reason === 'SIGINT' ? EXIT.interrupted : EXIT.ok;
}
