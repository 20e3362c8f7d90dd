import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { addCollectorOptions } from '../connection/collector-target.ts';
import { withCollector } from '../connection/with-collector.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { accountCsv, accountLines } from '../output/account-writer.ts';
import { readAccounts } from '../output/account.ts';
import { escapeJsonControls } from '../output/escape.ts';
import { addTimeOptions } from './query-options.ts';

const FORMATS = ['table', 'json', 'csv'] as const;
/** Columns of a timeline: what is left of a terminal's line beside its two times. */
const TIMELINE_COLUMNS_MAX = 200;
const TIMELINE_COLUMNS_DEFAULT = 60;
const TIMELINE_MARGIN = 4;

export function completenessCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'completeness',
    summary: 'what each observer saw, delivered, lost and left out',
    description:
      'Tells for each observer, from the ledger alone: its runs, the events that its capture saw, the records that are in ' +
      'the ledger, what was lost and why, numbers that never came, times of silence, how far its clock is off, and what its ' +
      'capture covers. The range is widened to whole five minutes. Works on a stopped data folder too.',
    examples: [
      ['portledger completeness', 'the last day'],
      ['portledger completeness --from 2026-11-01 --to 2026-11-30 --format csv', 'for an auditor'],
      ['portledger completeness --observer web-7 --from now-1h', 'one host'],
    ],
  });
  addTimeOptions(command)
    .option('--observer <name>', 'one observer alone')
    .option('--format <format>', `${FORMATS.join(', ')} (default: table)`);
  return runWith(addCollectorOptions(command), line, completeness);
}

async function completeness(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const format = given.choice('format', FORMATS) ?? 'table';
  const { terminal } = invocation;
  const columns = terminal.outColumns ?? TIMELINE_COLUMNS_DEFAULT + TIMELINE_MARGIN;
  const slots = Math.max(1, Math.min(TIMELINE_COLUMNS_MAX, columns - TIMELINE_MARGIN));
  return withCollector(invocation, given, async (client) => {
    const parameters = { from: given.text('from'), to: given.text('to'), observer: given.text('observer'), slots };
    const answer = await client.json('/v1/completeness', { parameters, signal: invocation.stop });
    const report = readAccounts(answer);
    const lines =
      format === 'json'
        ? [escapeJsonControls(JSON.stringify(answer, undefined, 2))]
        : format === 'csv'
          ? accountCsv(report)
          : accountLines(report, terminal.paint, terminal.outColumns);
    for (const text of lines) terminal.out(text);
    return EXIT.ok;
  });
}
