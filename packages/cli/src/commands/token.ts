import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { addCollectorOptions } from '../connection/collector-target.ts';
import { withCollector } from '../connection/with-collector.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { escapeControls, escapeJsonControls } from '../output/escape.ts';
import { isObject } from '../output/hit.ts';
import { tableLines } from '../output/table.ts';
import type { Column } from '../output/table.ts';

const ROLES = ['admin', 'read', 'ingest', 'enrol'] as const;
const FORMATS = ['table', 'jsonl'] as const;

type TokenRow = {
  readonly name: string;
  readonly role: string;
  readonly observer: string;
  readonly created: string;
  readonly id: string;
};

const COLUMNS: readonly Column<TokenRow>[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'ROLE', cell: ({ role }) => role },
  { title: 'OBSERVER', cell: ({ observer }) => observer },
  { title: 'CREATED', cell: ({ created }) => created.slice(0, 19).replace('T', ' ') },
  { title: 'ID', cell: ({ id }) => id, style: () => 'dim' },
];

export function tokenCommand(line: CommandLine): Command {
  const command = describeCommand({ name: 'token', summary: 'make, list and revoke access tokens', examples: [] });
  return command.addCommand(createCommand(line)).addCommand(listCommand(line)).addCommand(revokeCommand(line));
}

function createCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'create',
    summary: 'make a token and print it, once',
    description:
      'Makes a token and prints it on standard output; it is stored nowhere else in clear. Roles: ingest may write records of one ' +
      'observer, read may search, admin may do everything, enrol registers the key of one observer, once and within a day.',
    examples: [
      ['portledger token create web-7 --role ingest > agent.token', 'for the agent on host web-7'],
      ['portledger token create web-7-setup --role enrol --observer web-7', 'for `portledger agent enrol` on web-7'],
      ['portledger token create grafana --role read', 'for a dashboard'],
    ],
  });
  command
    .argument('<name>', 'what it is called')
    .requiredOption('--role <role>', ROLES.join(', '))
    .option(
      '--observer <name>',
      'observer that an ingest token writes as, or an enrol token enrols (default: its name)',
    );
  return runWith(addCollectorOptions(command), line, create);
}

async function create(invocation: Invocation, given: GivenOptions, [name = '']: readonly string[]): Promise<ExitCode> {
  const role = given.choice('role', ROLES);
  const observer = given.text('observer');
  return withCollector(invocation, given, async (client) => {
    const body = JSON.stringify({ name, role, ...(observer === undefined ? {} : { observer }) });
    const answer = await client.json('/v1/tokens', { method: 'POST', body, contentType: 'application/json' });
    const token = isObject(answer) ? answer['token'] : undefined;
    if (typeof token !== 'string') throw new Failure(EXIT.unreachable, `${client.url} made no token`);
    invocation.terminal.out(escapeControls(token));
    if (invocation.terminal.outColumns !== undefined) invocation.terminal.err('keep it: it is not shown again');
    return EXIT.ok;
  });
}

function listCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'list',
    summary: 'list the tokens that are in force, without the tokens themselves',
    examples: [['portledger token list', 'names, roles, observers']],
  });
  command.option('--format <format>', `${FORMATS.join(' or ')} (default: table)`);
  return runWith(addCollectorOptions(command), line, list);
}

async function list(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const format = given.choice('format', FORMATS) ?? 'table';
  return withCollector(invocation, given, async (client) => {
    const rows = readTokens(await client.json('/v1/tokens'));
    const { terminal } = invocation;
    const lines =
      format === 'jsonl'
        ? rows.map((row) => escapeJsonControls(JSON.stringify(row)))
        : tableLines(COLUMNS, rows, terminal.paint, terminal.outColumns);
    for (const text of lines) terminal.out(text);
    return EXIT.ok;
  });
}

function revokeCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'revoke',
    summary: 'revoke a token, at once and for good',
    examples: [['portledger token revoke grafana', 'by name or id']],
  });
  command.argument('<name>', 'name or id of the token');
  return runWith(addCollectorOptions(command), line, async (invocation, given, [name = '']) =>
    withCollector(invocation, given, async (client) => {
      await client.json(`/v1/tokens/${encodeURIComponent(name)}`, { method: 'DELETE' });
      invocation.terminal.out(`revoked ${escapeControls(name)}`);
      return EXIT.ok;
    }),
  );
}

function readTokens(answer: unknown): TokenRow[] {
  const tokens = isObject(answer) && Array.isArray(answer['tokens']) ? answer['tokens'].filter(isObject) : [];
  return tokens.map((token) => {
    const text = (name: string) => (typeof token[name] === 'string' ? escapeControls(token[name]) : '');
    return {
      name: text('name'),
      role: text('role'),
      observer: text('observer'),
      created: text('created'),
      id: text('id'),
    };
  });
}
