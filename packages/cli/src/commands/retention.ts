import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { addCollectorOptions } from '../connection/collector-target.ts';
import { withCollector } from '../connection/with-collector.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { counted, groupDigits, shortBytes } from '../output/amounts.ts';
import { escapeControls, escapeJsonControls } from '../output/escape.ts';
import { isObject } from '../output/hit.ts';
import { tableLines } from '../output/table.ts';
import type { Column } from '../output/table.ts';

const FORMATS = ['table', 'jsonl'] as const;
/** Deleting a year's segments takes a while. */
const APPLY_TIMEOUT_MS = 600_000;

type Amount = { readonly segments: number; readonly records: number; readonly bytes: number };
type PlanRow = {
  readonly name: string;
  readonly age: string;
  readonly stored: Amount;
  readonly due: Amount;
  readonly held: Amount;
  readonly newest: string;
  readonly nextDue: string;
};

const COLUMNS: readonly Column<PlanRow>[] = [
  { title: 'CLASS', cell: ({ name }) => name },
  { title: 'AGE', cell: ({ age }) => age },
  { title: 'STORED', cell: ({ stored }) => groupDigits(stored.records), align: 'right' },
  { title: 'DUE', cell: ({ due }) => groupDigits(due.records), align: 'right' },
  { title: 'SEGMENTS', cell: ({ due }) => groupDigits(due.segments), align: 'right' },
  { title: 'BYTES', cell: ({ due }) => shortBytes(due.bytes), align: 'right' },
  { title: 'HELD', cell: ({ held }) => groupDigits(held.records), align: 'right' },
  { title: 'NEWEST DUE', cell: ({ newest }) => day(newest) },
  { title: 'NEXT', cell: ({ nextDue }) => day(nextDue), style: () => 'dim' },
];

function day(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

export function retentionCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'retention',
    summary: 'see and delete what has reached its age',
    examples: [],
  });
  return command.addCommand(planCommand(line)).addCommand(applyCommand(line));
}

function planCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'plan',
    summary: 'tell what would be deleted now, class by class; deletes nothing',
    description:
      'Tells for each retention class how long it is kept, what is stored, what has reached its age and would be deleted now, ' +
      'and what of it a hold keeps. Deletes nothing.',
    examples: [['portledger retention plan', 'before a shorter age is rolled out, or for an auditor']],
  });
  command.option('--format <format>', `${FORMATS.join(' or ')} (default: table)`);
  return runWith(addCollectorOptions(command), line, plan);
}

async function plan(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const format = given.choice('format', FORMATS) ?? 'table';
  return withCollector(invocation, given, async (client) => {
    const answer = await client.json('/v1/retention/plan', { timeoutMs: APPLY_TIMEOUT_MS, signal: invocation.stop });
    const classes = isObject(answer) && Array.isArray(answer['classes']) ? answer['classes'].filter(isObject) : [];
    const { terminal } = invocation;
    const lines =
      format === 'jsonl'
        ? classes.map((row) => escapeJsonControls(JSON.stringify(row)))
        : tableLines(COLUMNS, classes.map(readRow), terminal.paint, terminal.outColumns);
    for (const text of lines) terminal.out(text);
    return EXIT.ok;
  });
}

function applyCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'apply',
    summary: 'delete what has reached its age, and record it first',
    description:
      'Deletes what `retention plan` tells. Each deletion is recorded in the ledger and signed before the file goes. A running ' +
      'collector does the same by itself once a day; this is for not waiting, and for data folders that no collector has open.',
    examples: [['portledger retention apply', 'now']],
  });
  return runWith(addCollectorOptions(command), line, apply);
}

async function apply(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  return withCollector(invocation, given, async (client) => {
    const answer = await client.json('/v1/retention/apply', { method: 'POST', timeoutMs: APPLY_TIMEOUT_MS });
    const { pruned, held } = isObject(answer) ? answer : {};
    const [gone, kept] = [readAmount(pruned), readAmount(held)];
    const { out } = invocation.terminal;
    out(
      gone.segments === 0
        ? 'nothing had reached its age'
        : `deleted ${counted(gone.records, 'record')} in ${counted(gone.segments, 'segment')}, ${shortBytes(gone.bytes)}`,
    );
    if (kept.segments > 0)
      out(`kept by holds: ${counted(kept.records, 'record')} in ${counted(kept.segments, 'segment')}`);
    return EXIT.ok;
  });
}

function readAmount(value: unknown): Amount {
  const amount = isObject(value) ? value : {};
  const number = (name: string): number => (typeof amount[name] === 'number' ? amount[name] : 0);
  return { segments: number('segments'), records: number('records'), bytes: number('bytes') };
}

function readRow(row: Readonly<Record<string, unknown>>): PlanRow {
  const text = (name: string): string => (typeof row[name] === 'string' ? escapeControls(row[name]) : '');
  return {
    name: text('class'),
    age: text('age'),
    stored: readAmount(row['stored']),
    due: readAmount(row['due']),
    held: readAmount(row['held']),
    newest: text('newest'),
    nextDue: text('next_due'),
  };
}
