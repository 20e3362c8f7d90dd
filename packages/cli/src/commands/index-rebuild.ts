import path from 'node:path';
import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { SETTINGS } from '../config/settings.ts';
import { configOf, holdsLedger } from '../connection/collector-target.ts';
import { readRunFile } from '../connection/run-file.ts';
import { startFailure } from '../connection/start-failure.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { Progress } from '../output/progress.ts';

export function indexCommand(line: CommandLine): Command {
  const command = describeCommand({ name: 'index', summary: 'look after the search index', examples: [] });
  return command.addCommand(rebuildCommand(line));
}

function rebuildCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'rebuild',
    summary: 'throw the search index away and build it anew from the ledger',
    description:
      'Throws the search index away and builds it anew from the ledger. Nothing is lost by it. The collector must be stopped.',
    examples: [['portledger index rebuild --data /var/lib/portledger', 'after the index was damaged']],
  });
  command
    .option('--data <dir>', 'data folder (PORTLEDGER_DATA)')
    .option('--config <file>', 'configuration file (PORTLEDGER_CONFIG)');
  return runWith(command, line, rebuild);
}

async function rebuild(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const config = await configOf(invocation, given);
  const dataDir = config.get(SETTINGS.data);
  const run = await readRunFile(dataDir);
  if (run !== undefined) {
    throw new Failure(
      EXIT.failed,
      `a collector is running on ${dataDir} (process ${run.pid})`,
      'stop it (Ctrl-C where `portledger up` runs, or systemctl stop), rebuild, and start it again; nothing is lost meanwhile: agents keep their records',
    );
  }
  if (!(await holdsLedger(dataDir)))
    throw new Failure(EXIT.usage, `there is no ledger in ${dataDir}`, 'name the folder with --data DIR');
  const { openLedger, rebuildIndex, makeReceiveClock } = await import('@portledger/collector');
  const progress = new Progress(invocation.terminal);
  try {
    await using ledger = await openLedger({ dir: dataDir, clock: makeReceiveClock() });
    const { records } = await rebuildIndex({
      dir: path.join(dataDir, 'index'),
      ledger,
      memoryBytesMax: config.get(SETTINGS.indexMemoryMax),
      hotRecordsMax: config.get(SETTINGS.indexHotRecords),
      onProgress: (done) =>
        progress.update(`indexing: ${counted(done.records, 'record')}`, done.records, done.recordsTotal),
    });
    progress.end();
    invocation.terminal.out(`indexed ${counted(records, 'record')}`);
    return EXIT.ok;
  } catch (error) {
    progress.end();
    throw startFailure(error, { dataDir, listen: '' });
  }
}
