import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { addCollectorOptions } from '../connection/collector-target.ts';
import { withCollector } from '../connection/with-collector.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { copyLedger } from '../export/ledger-copy.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { counted, groupDigits } from '../output/amounts.ts';
import { Progress } from '../output/progress.ts';

export function ledgerExportCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'export',
    summary: 'copy the published ledger into a folder, as it stands under one checkpoint',
    description:
      'Copies the published ledger, of a running collector or a stopped one, into a folder that any web server can serve and any ' +
      'client of C2SP tlog-tiles can read. It stands under one checkpoint, whatever is recorded meanwhile. The export is itself recorded.',
    examples: [['portledger ledger export /mnt/audit/ledger', 'for an auditor: portledger verify /mnt/audit/ledger']],
  });
  command.argument('<dir>', 'a new or empty folder');
  return runWith(addCollectorOptions(command), line, exportLedger);
}

async function exportLedger(invocation: Invocation, given: GivenOptions, args: readonly string[]): Promise<ExitCode> {
  const target = path.resolve(invocation.workingDir, args[0] ?? '');
  await mkdir(target, { recursive: true });
  if ((await readdir(target)).length > 0) throw usage(`${target} is not empty`, 'give a new folder');
  const progress = new Progress(invocation.terminal);
  return withCollector(invocation, given, async (client) => {
    const files = await client.ledgerFiles();
    try {
      const copy = await copyLedger(files, target, (blocks, ofBlocks) => {
        progress.update(`copying: block ${groupDigits(blocks)} of ${groupDigits(ofBlocks)}`, blocks, ofBlocks);
      });
      progress.end();
      const body = JSON.stringify({ what: 'ledger', query: '', count: copy.records });
      await client.json('/v1/exports', { method: 'POST', body, contentType: 'application/json' });
      const pruned = copy.prunedBlocks === 0 ? '' : `; ${counted(copy.prunedBlocks, 'block')} are no longer stored`;
      invocation.terminal.out(`${counted(copy.records, 'record')} in ${counted(copy.size, 'block')}${pruned}`);
      invocation.terminal.out(`check it: portledger verify ${args[0] ?? ''}`);
      return EXIT.ok;
    } finally {
      progress.end();
      files.close();
    }
  });
}
