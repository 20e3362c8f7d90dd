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

type KeyRow = {
  readonly observer: string;
  readonly key_id: string;
  readonly registered: string;
  readonly by: string;
  readonly key: string;
};

const COLUMNS: readonly Column<KeyRow>[] = [
  { title: 'OBSERVER', cell: ({ observer }) => observer },
  { title: 'KEY', cell: ({ key_id: keyId }) => keyId },
  { title: 'SINCE', cell: ({ registered }) => registered.slice(0, 19).replace('T', ' ') },
  { title: 'BY TOKEN', cell: ({ by }) => by },
  { title: 'PUBLIC KEY', cell: ({ key }) => key, style: () => 'dim' },
];

export function observerCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'observer',
    summary: 'list the observers that sign their records, and withdraw their keys',
    examples: [],
  });
  return command.addCommand(listCommand(line)).addCommand(withdrawCommand(line));
}

function listCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'list',
    summary: 'list the observers that sign, with the keys that hold now',
    examples: [['portledger observer list', 'names, keys, since when']],
  });
  command.option('--format <format>', `${FORMATS.join(' or ')} (default: table)`);
  return runWith(addCollectorOptions(command), line, list);
}

async function list(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const format = given.choice('format', FORMATS) ?? 'table';
  return withCollector(invocation, given, async (client) => {
    const rows = readKeys(await client.json('/v1/observers/keys'));
    const { terminal } = invocation;
    const lines =
      format === 'jsonl'
        ? rows.map((row) => escapeJsonControls(JSON.stringify(row)))
        : tableLines(COLUMNS, rows, terminal.paint, terminal.outColumns);
    for (const text of lines) terminal.out(text);
    return EXIT.ok;
  });
}

function withdrawCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'withdraw',
    summary: "withdraw an observer's key; it is recorded, and its agent registers a key anew",
    description:
      "Withdraws an observer's key. Batches signed with it are taken no more; its agent registers its key anew by itself, " +
      'a host that was set up anew registers another. It also settles the doubt of an observer that saw more of the ' +
      'ledger than there is.',
    examples: [['portledger observer withdraw web-7', 'after web-7 was set up anew']],
  });
  command.argument('<name>', 'the observer');
  return runWith(addCollectorOptions(command), line, async (invocation, given, [name = '']) =>
    withCollector(invocation, given, async (client) => {
      await client.json(`/v1/observers/${encodeURIComponent(name)}/key`, { method: 'DELETE' });
      invocation.terminal.out(`withdrew the key of ${escapeControls(name)}`);
      return EXIT.ok;
    }),
  );
}

function readKeys(answer: unknown): KeyRow[] {
  const keys = isObject(answer) && Array.isArray(answer['keys']) ? answer['keys'].filter(isObject) : [];
  return keys.map((key) => {
    const text = (name: string) => (typeof key[name] === 'string' ? escapeControls(key[name]) : '');
    const [observer, keyId, registered] = [text('observer'), text('key_id'), text('registered')];
    return { observer, key_id: keyId, registered, by: text('by'), key: text('key') };
  });
}
