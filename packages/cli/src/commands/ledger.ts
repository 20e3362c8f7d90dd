import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { SETTINGS } from '../config/settings.ts';
import { configOf, holdsLedger, runningClient } from '../connection/collector-target.ts';
import { acceptRestoredLedger } from '../connection/in-process-collector.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { ledgerExportCommand } from './ledger-export.ts';

export function ledgerCommand(line: CommandLine): Command {
  const command = describeCommand({ name: 'ledger', summary: 'decide about the ledger itself', examples: [] });
  return command.addCommand(ledgerExportCommand(line)).addCommand(acceptRestoredCommand(line));
}

function acceptRestoredCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'accept-restored',
    summary: 'go on with a ledger that was restored from an old backup',
    description:
      'Goes on with a ledger that was restored from an old backup, though its high-water mark or a witness holds more of it. What was ' +
      'recorded since the backup is lost, everyone who saw it can prove that, and the acceptance is recorded in the ledger. The ' +
      'collector must be stopped.',
    examples: [['portledger ledger accept-restored --data /var/lib/portledger --yes', 'when no newer copy is left']],
  });
  command
    .option('--data <dir>', 'data folder (PORTLEDGER_DATA)')
    .option('--config <file>', 'configuration file (PORTLEDGER_CONFIG)')
    .option('--yes', 'do not ask');
  return runWith(command, line, acceptRestored);
}

async function acceptRestored(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const config = await configOf(invocation, given);
  const dataDir = config.get(SETTINGS.data);
  if (!(await holdsLedger(dataDir))) throw usage(`there is no ledger in ${dataDir}`, 'name its folder with --data DIR');
  if ((await runningClient(dataDir)) !== undefined) {
    throw new Failure(
      EXIT.failed,
      `a collector runs on ${dataDir}: its ledger was not refused`,
      'there is nothing to do',
    );
  }
  if (given.flag('yes') !== true) {
    throw usage(
      'this gives up, for good, what was recorded since the backup',
      'look for a newer copy of the folder first; if there is none, call it again with --yes',
    );
  }
  await acceptRestoredLedger(config);
  invocation.terminal.out('accepted, and recorded in the ledger: the collector can be started');
  return EXIT.ok;
}
