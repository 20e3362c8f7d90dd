import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { addCollectorOptions, findCollector } from '../connection/collector-target.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { escapeControls } from '../output/escape.ts';
import { isObject } from '../output/hit.ts';

const ROLES = ['admin', 'read'] as const;

export function consoleCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'console',
    summary: 'print a fresh sign-in link for the web console',
    description: 'Prints a link that signs a browser in to the console: once, within ten minutes.',
    examples: [
      ['portledger console', 'for yourself'],
      ['portledger console --role read', 'for somebody who may look, but change nothing'],
    ],
  });
  command.option('--role <role>', `${ROLES.join(' or ')} (default: that of the token used)`);
  return runWith(addCollectorOptions(command), line, signIn);
}

async function signIn(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const role = given.choice('role', ROLES);
  const target = await findCollector(invocation, given);
  if (target.kind === 'stopped') {
    throw new Failure(
      EXIT.unreachable,
      `no collector is running on ${target.dataDir}`,
      'start one with `portledger up`',
    );
  }
  const body = JSON.stringify(role === undefined ? {} : { role });
  const answer = await target.client.json('/v1/signin-links', {
    method: 'POST',
    body,
    contentType: 'application/json',
  });
  const url = isObject(answer) ? answer['url'] : undefined;
  if (typeof url !== 'string') throw new Failure(EXIT.unreachable, `${target.client.url} made no link`);
  invocation.terminal.out(escapeControls(url));
  return EXIT.ok;
}
