import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import type { ApiClient } from '../connection/api-client.ts';
import { addCollectorOptions } from '../connection/collector-target.ts';
import { steadyLiveEvents } from '../connection/live-hits.ts';
import { withCollector } from '../connection/with-collector.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { PAGE_RECORDS } from '../limits.ts';
import { groupDigits } from '../output/amounts.ts';
import { hitWriter } from '../output/hit-writer.ts';
import type { HitWriter } from '../output/hit-writer.ts';
import type { Hit } from '../output/hit.ts';
import { addOutputOptions, outputOf } from './output-options.ts';
import { searchPage } from './search.ts';

const LAST_DEFAULT = 10;

export function tailCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'tail',
    summary: 'follow records as they come',
    description: 'Prints the last records that fit a filter, then every new one as it comes, until Ctrl-C.',
    examples: [
      ['portledger tail', 'everything'],
      ["portledger tail 'dest_port:(22 OR 5432) AND NOT user:backup'", 'what a filter lets through'],
      ['portledger tail --last 0 --format jsonl | jq .user', 'only new ones, for another program'],
    ],
  });
  command
    .argument('[query...]', 'filter; several words are one filter')
    .option('--last <count>', `records to print before the new ones (default: ${LAST_DEFAULT})`);
  addOutputOptions(addCollectorOptions(command));
  return runWith(command, line, tail);
}

async function tail(invocation: Invocation, given: GivenOptions, args: readonly string[]): Promise<ExitCode> {
  const query = args.join(' ').trim();
  const last = given.integer('last', 0, PAGE_RECORDS) ?? LAST_DEFAULT;
  const write = hitWriter(outputOf(invocation, given, 'full'));
  return withCollector(invocation, given, async (client, stoppedDataDir) => {
    const seen = await printLast(invocation, client, query, last, write);
    if (stoppedDataDir !== undefined) {
      invocation.terminal.err(`portledger: no collector is running on ${stoppedDataDir}: nothing new can come`);
      return EXIT.ok;
    }
    await follow(invocation, client, query, write, seen);
    return invocation.stop.reason === 'SIGINT' ? EXIT.interrupted : EXIT.ok;
  });
}

async function printLast(
  invocation: Invocation,
  client: ApiClient,
  query: string,
  last: number,
  write: HitWriter,
): Promise<ReadonlySet<string>> {
  if (last === 0) return new Set();
  const page = await searchPage(client, { query, order: 'desc' }, last, undefined, invocation.stop);
  const hits = page.hits.toReversed();
  for (const text of write(hits)) invocation.terminal.out(text);
  return new Set(hits.map(addressOf));
}

/** Goes on after the collector was away; what came meanwhile is in the ledger, and the person is told so. */
async function follow(
  invocation: Invocation,
  client: ApiClient,
  query: string,
  write: HitWriter,
  printed: ReadonlySet<string>,
): Promise<void> {
  const { terminal, stop } = invocation;
  const tellBreak = () =>
    terminal.err('portledger: the live stream broke off; trying again (search finds what comes meanwhile)');
  for await (const event of steadyLiveEvents(client, query, stop, tellBreak)) {
    if (event.kind === 'dropped') tellDropped(invocation, event.count);
    else if (!printed.has(addressOf(event.hit))) for (const text of write([event.hit])) terminal.out(text);
    await terminal.drained();
  }
}

function tellDropped(invocation: Invocation, count: number): void {
  const text = `portledger: ${groupDigits(count)} not shown, they came too fast; search finds them`;
  invocation.terminal.err(invocation.terminal.errPaint('yellow', text));
}

function addressOf(hit: Hit): string {
  return `${hit.block}/${hit.position}`;
}
