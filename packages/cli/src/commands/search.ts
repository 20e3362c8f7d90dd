import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import type { ApiClient } from '../connection/api-client.ts';
import { addCollectorOptions } from '../connection/collector-target.ts';
import { withCollector } from '../connection/with-collector.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { PAGE_RECORDS } from '../limits.ts';
import { groupDigits } from '../output/amounts.ts';
import { hitWriter } from '../output/hit-writer.ts';
import { isObject, readHit } from '../output/hit.ts';
import type { Hit } from '../output/hit.ts';
import { addOutputOptions, outputOf } from './output-options.ts';
import { addTimeOptions, queryOf } from './query-options.ts';

const LIMIT_DEFAULT = 100;
const LIMIT_MOST = 1_000_000;

export function searchCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'search',
    summary: 'find records',
    description: 'Finds records by a filter (see docs/search.md), newest first. No filter finds everything.',
    examples: [
      ["portledger search 'dest_port:5432 AND NOT user:billing'", 'who reached PostgreSQL'],
      ["portledger search 'action:connection-refused' --from now-1h", 'refused in the last hour'],
      ['portledger search user:alice --format csv --all > alice.csv', 'everything of a person, for a spreadsheet'],
      ['portledger search --format template --limit 5', 'the five-field template'],
    ],
  });
  command.argument('[query...]', 'filter; several words are one filter');
  addTimeOptions(command)
    .option('--limit <count>', `records to print at most (default: ${LIMIT_DEFAULT})`)
    .option('--order <order>', 'desc: newest first (default); asc: oldest first')
    .option('--cursor <cursor>', 'go on after a page that was printed before')
    .option('--all', 'print everything that is found, page by page');
  addOutputOptions(addCollectorOptions(command));
  return runWith(command, line, search);
}

async function search(invocation: Invocation, given: GivenOptions, args: readonly string[]): Promise<ExitCode> {
  const all = given.flag('all') === true;
  if (all && given.text('limit') !== undefined)
    throw usage('--all and --limit contradict each other', 'give one of them');
  const limit = given.integer('limit', 1, LIMIT_MOST) ?? (all ? Number.MAX_SAFE_INTEGER : LIMIT_DEFAULT);
  const request: PageRequest = { query: queryOf(given, args), order: given.choice('order', ['asc', 'desc']) ?? 'desc' };
  const write = hitWriter(outputOf(invocation, given, 'full'));
  return withCollector(invocation, given, async (client) => {
    let cursor = given.text('cursor');
    let printed = 0;
    do {
      const page = await searchPage(client, request, Math.min(PAGE_RECORDS, limit - printed), cursor, invocation.stop);
      for (const text of write(page.hits)) invocation.terminal.out(text);
      await invocation.terminal.drained();
      printed += page.hits.length;
      cursor = page.nextCursor;
    } while (cursor !== undefined && printed < limit);
    tellRest(invocation, printed, cursor);
    return EXIT.ok;
  });
}

export type PageRequest = { readonly query: string; readonly order: 'asc' | 'desc' };
export type Page = { readonly hits: readonly Hit[]; readonly nextCursor: string | undefined };

/** One page of the search API. */
export async function searchPage(
  client: ApiClient,
  request: PageRequest,
  limit: number,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Page> {
  const parameters = { q: request.query, order: request.order, limit, cursor };
  const answer = await client.json('/v1/search', { parameters, signal }, request.query);
  if (!isObject(answer) || !Array.isArray(answer['hits'])) {
    throw new Failure(
      EXIT.unreachable,
      `${client.url} did not answer as a collector does`,
      'is its version the same as this one?',
    );
  }
  const next = answer['next_cursor'];
  return {
    hits: answer['hits'].map(readHit).filter((hit) => hit !== undefined),
    nextCursor: typeof next === 'string' && next !== '' ? next : undefined,
  };
}

/** For the person at the terminal alone; a pipe gets records and nothing else. */
function tellRest(invocation: Invocation, printed: number, cursor: string | undefined): void {
  const { terminal } = invocation;
  if (terminal.errColumns === undefined) {
    if (cursor !== undefined) terminal.err(`portledger: more is found: --cursor ${cursor}`);
    return;
  }
  if (printed === 0) terminal.err('nothing found');
  else if (cursor !== undefined)
    terminal.err(terminal.errPaint('dim', `${groupDigits(printed)} shown; more with --all, or --cursor ${cursor}`));
}
