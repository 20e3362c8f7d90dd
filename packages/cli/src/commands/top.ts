import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { addCollectorOptions } from '../connection/collector-target.ts';
import { withCollector } from '../connection/with-collector.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { counted, groupDigits } from '../output/amounts.ts';
import { COUNT_FORMATS, countLines } from '../output/count-writer.ts';
import { escapeControls } from '../output/escape.ts';
import { isOutputField } from '../output/hit-writer.ts';
import { isObject } from '../output/hit.ts';
import { unknownField } from './output-options.ts';
import { addTimeOptions, queryOf } from './query-options.ts';

const LIMIT_DEFAULT = 10;
const LIMIT_MOST = 1000;

export function topCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'top',
    summary: 'count records by the values of a field',
    examples: [
      ['portledger top user', 'who reached most'],
      ['portledger top dest_port action:connection-refused --from now-1d', 'which ports refused today'],
    ],
  });
  command.argument('<field>', 'field to count by').argument('[query...]', 'filter');
  addTimeOptions(command)
    .option('--limit <count>', `values to print (default: ${LIMIT_DEFAULT})`)
    .option('--format <format>', `${COUNT_FORMATS.join(', ')} (default: table)`);
  return runWith(addCollectorOptions(command), line, top);
}

async function top(
  invocation: Invocation,
  given: GivenOptions,
  [field = '', ...rest]: readonly string[],
): Promise<ExitCode> {
  if (!isOutputField(field)) throw unknownField(field);
  const query = queryOf(given, rest);
  const limit = given.integer('limit', 1, LIMIT_MOST) ?? LIMIT_DEFAULT;
  const format = given.choice('format', COUNT_FORMATS) ?? 'table';
  return withCollector(invocation, given, async (client) => {
    const parameters = { q: query, field, limit };
    const answer = await client.json('/v1/top', { parameters, signal: invocation.stop }, query);
    const { buckets, other, total } = readTop(answer);
    const { terminal } = invocation;
    const lines = countLines({
      keyName: field,
      counts: buckets,
      total,
      format,
      columns: terminal.outColumns,
      paint: terminal.paint,
    });
    for (const text of lines) terminal.out(text);
    if (format === 'table' && terminal.errColumns !== undefined) {
      const others = other > 0 ? `, ${groupDigits(other)} with other values or none` : '';
      terminal.err(terminal.errPaint('dim', `${counted(total, 'record')} by ${escapeControls(field)}${others}`));
    }
    return EXIT.ok;
  });
}

function readTop(answer: unknown): { buckets: { key: string; count: number }[]; other: number; total: number } {
  if (!isObject(answer) || !Array.isArray(answer['buckets'])) return { buckets: [], other: 0, total: 0 };
  const buckets = answer['buckets']
    .filter(isObject)
    .map((bucket) => ({ key: String(bucket['value']), count: Number(bucket['count']) }));
  return { buckets, other: Number(answer['other'] ?? 0), total: Number(answer['total'] ?? 0) };
}
