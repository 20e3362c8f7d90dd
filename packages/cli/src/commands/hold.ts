import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { addCollectorOptions } from '../connection/collector-target.ts';
import { withCollector } from '../connection/with-collector.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { escapeControls, escapeJsonControls } from '../output/escape.ts';
import { isObject } from '../output/hit.ts';
import { tableLines } from '../output/table.ts';
import type { Column } from '../output/table.ts';

const FORMATS = ['table', 'jsonl'] as const;
const JSON_TYPE = 'application/json';

type HoldRow = {
  readonly name: string;
  readonly scope: string;
  readonly reason: string;
  readonly by: string;
  readonly placed: string;
};

const COLUMNS: readonly Column<HoldRow>[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'KEEPS', cell: ({ scope }) => scope, cut: 'end', widthMin: 20 },
  { title: 'REASON', cell: ({ reason }) => reason, cut: 'end', widthMin: 12 },
  { title: 'BY', cell: ({ by }) => by },
  { title: 'PLACED', cell: ({ placed }) => placed.slice(0, 16).replace('T', ' ') },
];

export function holdCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'hold',
    summary: 'keep records whatever their age: place, list and release holds',
    examples: [],
  });
  return command.addCommand(placeCommand(line)).addCommand(listCommand(line)).addCommand(releaseCommand(line));
}

function placeCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'place',
    summary: 'keep records whatever their age',
    description:
      'Keeps every record that fits all that is given, and what is stored in one segment with it, until the hold is released. ' +
      'Nothing given keeps everything. Who placed it and why is recorded in the ledger.',
    examples: [
      ["portledger hold place case-7 --query 'user:alice' --reason 'request of 3 May'", 'all of one person'],
      [
        'portledger hold place audit-q1 --from 2026-01-01T00:00:00Z --to 2026-03-31T23:59:59Z --reason audit',
        'a quarter',
      ],
    ],
  });
  command
    .argument('<name>', 'what it is called, such as the number of the case')
    .requiredOption('--reason <text>', 'why; it is recorded')
    .option('--query <filter>', 'records that a search for this finds')
    .option('--from <time>', 'records from this time on')
    .option('--to <time>', 'records up to this time')
    .option('--class <name>', 'records of this retention class');
  return runWith(addCollectorOptions(command), line, place);
}

async function place(invocation: Invocation, given: GivenOptions, [name = '']: readonly string[]): Promise<ExitCode> {
  const parts = ['reason', 'query', 'from', 'to', 'class'].flatMap((part) => {
    const value = given.text(part);
    return value === undefined ? [] : [[part, value] as const];
  });
  return withCollector(invocation, given, async (client) => {
    const body = JSON.stringify({ name, ...Object.fromEntries(parts) });
    await client.json('/v1/holds', { method: 'POST', body, contentType: JSON_TYPE }, given.text('query'));
    invocation.terminal.out(`holding ${escapeControls(name)}`);
    return EXIT.ok;
  });
}

function listCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'list',
    summary: 'list the holds in force',
    examples: [['portledger hold list', 'what they keep, who placed them, and why']],
  });
  command.option('--format <format>', `${FORMATS.join(' or ')} (default: table)`);
  return runWith(addCollectorOptions(command), line, list);
}

async function list(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const format = given.choice('format', FORMATS) ?? 'table';
  return withCollector(invocation, given, async (client) => {
    const answer = await client.json('/v1/holds');
    const holds = isObject(answer) && Array.isArray(answer['holds']) ? answer['holds'].filter(isObject) : [];
    const { terminal } = invocation;
    const lines =
      format === 'jsonl'
        ? holds.map((hold) => escapeJsonControls(JSON.stringify(hold)))
        : tableLines(COLUMNS, holds.map(readRow), terminal.paint, terminal.outColumns);
    for (const text of lines) terminal.out(text);
    return EXIT.ok;
  });
}

function releaseCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'release',
    summary: 'release a hold; what it kept goes with the next run of retention',
    examples: [["portledger hold release case-7 --reason 'closed on 9 June'", 'and it is recorded']],
  });
  command.argument('<name>', 'name of the hold').requiredOption('--reason <text>', 'why; it is recorded');
  return runWith(addCollectorOptions(command), line, async (invocation, given, [name = '']) =>
    withCollector(invocation, given, async (client) => {
      const body = JSON.stringify({ reason: given.text('reason') ?? '' });
      const path = `/v1/holds/${encodeURIComponent(name)}/release`;
      await client.json(path, { method: 'POST', body, contentType: JSON_TYPE });
      invocation.terminal.out(`released ${escapeControls(name)}`);
      return EXIT.ok;
    }),
  );
}

function readRow(hold: Readonly<Record<string, unknown>>): HoldRow {
  const text = (name: string): string => (typeof hold[name] === 'string' ? escapeControls(hold[name]) : '');
  const parts = [
    text('class') === '' ? '' : `class ${text('class')}`,
    text('from') === '' ? '' : `from ${text('from').slice(0, 19)}`,
    text('to') === '' ? '' : `to ${text('to').slice(0, 19)}`,
    text('query'),
  ].filter((part) => part !== '');
  const scope = parts.length === 0 ? 'everything' : parts.join(', ');
  return { name: text('name'), scope, reason: text('reason'), by: text('by'), placed: text('placed') };
}
