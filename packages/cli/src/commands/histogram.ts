import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { formatDuration } from '../config/duration.ts';
import { addCollectorOptions } from '../connection/collector-target.ts';
import { withCollector } from '../connection/with-collector.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { COUNT_FORMATS, countLines } from '../output/count-writer.ts';
import { isObject } from '../output/hit.ts';
import { addTimeOptions, queryOf } from './query-options.ts';

const BUCKETS_DEFAULT = 24;
const BUCKETS_MOST = 1000;

export function histogramCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'histogram',
    summary: 'count records over time',
    examples: [
      ['portledger histogram --from now-1h', 'the last hour'],
      ['portledger histogram action:connection-refused --from now-7d --buckets 7', 'refused by day'],
    ],
  });
  command.argument('[query...]', 'filter');
  addTimeOptions(command)
    .option('--buckets <count>', `intervals to aim at (default: ${BUCKETS_DEFAULT})`)
    .option('--format <format>', `${COUNT_FORMATS.join(', ')} (default: table)`);
  return runWith(addCollectorOptions(command), line, histogram);
}

async function histogram(invocation: Invocation, given: GivenOptions, args: readonly string[]): Promise<ExitCode> {
  const query = queryOf(given, args);
  const buckets = given.integer('buckets', 1, BUCKETS_MOST) ?? BUCKETS_DEFAULT;
  const format = given.choice('format', COUNT_FORMATS) ?? 'table';
  return withCollector(invocation, given, async (client) => {
    const answer = await client.json(
      '/v1/histogram',
      { parameters: { q: query, buckets }, signal: invocation.stop },
      query,
    );
    const { intervalMs, counts, total } = readHistogram(answer);
    const { terminal } = invocation;
    const lines = countLines({
      keyName: 'start',
      keyTitle: 'START (UTC)',
      showKey: (start) => shownStart(start, intervalMs),
      counts,
      total,
      format,
      columns: terminal.outColumns,
      paint: terminal.paint,
    });
    for (const text of lines) terminal.out(text);
    if (format === 'table' && terminal.errColumns !== undefined) {
      terminal.err(terminal.errPaint('dim', `${counted(total, 'record')}, by ${formatDuration(intervalMs)}`));
    }
    return EXIT.ok;
  });
}

function readHistogram(answer: unknown): {
  intervalMs: number;
  counts: { key: string; count: number }[];
  total: number;
} {
  if (!isObject(answer) || !Array.isArray(answer['buckets'])) return { intervalMs: 0, counts: [], total: 0 };
  const counts = answer['buckets']
    .filter(isObject)
    .map((bucket) => ({ key: String(bucket['start']), count: Number(bucket['count']) }));
  return { intervalMs: Number(answer['interval_ms'] ?? 0), counts, total: Number(answer['total'] ?? 0) };
}

/** `2026-11-22 14:36:49`; the fraction only where intervals are shorter than a second. */
function shownStart(start: string, intervalMs: number): string {
  return start.slice(0, intervalMs < 1000 ? 23 : 19).replace('T', ' ');
}
