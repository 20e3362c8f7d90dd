import type { Command } from 'commander';
import { nearest } from '@portledger/format';
import type { Failure } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { FORMATS, isOutputField, outputFieldNames } from '../output/hit-writer.ts';
import type { TimeDetail } from '../output/access-columns.ts';
import type { HitWriterOptions } from '../output/hit-writer.ts';

export function addOutputOptions(command: Command): Command {
  return command
    .option('--format <format>', `${FORMATS.join(', ')} (default: table)`)
    .option('--fields <names>', 'fields to print, separated by commas, such as timestamp,user,labels.team');
}

export function outputOf(invocation: Invocation, given: GivenOptions, time: TimeDetail): HitWriterOptions {
  const format = given.choice('format', FORMATS) ?? 'table';
  const fields = fieldsOf(given);
  if (format === 'template' && fields !== undefined)
    throw usage('the template has its own five fields', 'leave --fields away');
  const { outColumns: columns, paint } = invocation.terminal;
  return { format, fields, columns, paint, time };
}

function fieldsOf(given: GivenOptions): readonly string[] | undefined {
  const names = given
    .text('fields')
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  for (const name of names ?? []) {
    if (isOutputField(name)) continue;
    throw unknownField(name, '--fields: ');
  }
  return names;
}

/** `before` says where it was named. */
export function unknownField(name: string, before = ''): Failure {
  const meant = nearest(name, outputFieldNames());
  return usage(
    `${before}no record has a field ${JSON.stringify(name)}`,
    meant === undefined ? 'docs/reference/record.md lists them' : `did you mean ${meant}?`,
  );
}
