import type { Command } from 'commander';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';

export function addTimeOptions(command: Command): Command {
  return command
    .option('--from <time>', 'earliest time: now-1h, 2026-11-22, 2026-11-22T14:36:49Z')
    .option('--to <time>', 'latest time');
}

/** The filter with --from and --to taken in. The filter stands first, so that a place told in it is right as it stands. */
export function queryOf(given: GivenOptions, args: readonly string[]): string {
  const filter = args.join(' ').trim();
  const from = timeOf(given, 'from');
  const to = timeOf(given, 'to');
  if (from === undefined && to === undefined) return filter;
  const range = `timestamp:[${from ?? '*'} TO ${to ?? '*'}]`;
  return filter === '' ? range : `(${filter}) AND ${range}`;
}

/** What it means is the filter language's to say; here only what could break out of the range is refused. */
function timeOf(given: GivenOptions, name: 'from' | 'to'): string | undefined {
  const text = given.text(name)?.trim();
  if (text === undefined) return undefined;
  if (!/^[\w.:+\-/|]+$/.test(text)) {
    throw usage(
      `--${name} takes a time, not ${JSON.stringify(text)}`,
      'write for example now-1h, 2026-11-22 or 2026-11-22T14:36:49Z',
    );
  }
  return text;
}
