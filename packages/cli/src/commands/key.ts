import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { SETTINGS } from '../config/settings.ts';
import { addCollectorOptions, configOf } from '../connection/collector-target.ts';
import { withCollector } from '../connection/with-collector.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { escapeControls } from '../output/escape.ts';
import { isObject } from '../output/hit.ts';
import { fingerprintOf } from '../supervise/start-report.ts';

export function keyCommand(line: CommandLine): Command {
  const command = describeCommand({ name: 'key', summary: "show and rotate the log's key", examples: [] });
  return command.addCommand(showCommand(line)).addCommand(rotateCommand(line));
}

function showCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'show',
    summary: "print the log's verifier key and its fingerprint",
    description:
      "Prints the log's verifier key on standard output and its fingerprint on standard error: what an auditor notes down and " +
      'a witness is told.',
    examples: [['portledger key show > log.vkey', 'the key, for an auditor']],
  });
  return runWith(addCollectorOptions(command), line, show);
}

async function show(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const vkey = await shownKey(invocation, given);
  invocation.terminal.out(escapeControls(vkey));
  invocation.terminal.err(`fingerprint ${fingerprintOf(vkey) ?? 'unreadable'}`);
  return EXIT.ok;
}

/** From the folder where one is at hand: looking at the key needs no collector, and opens nothing. */
async function shownKey(invocation: Invocation, given: GivenOptions): Promise<string> {
  if (given.text('server') === undefined) {
    const dataDir = (await configOf(invocation, given)).get(SETTINGS.data);
    const stored = await readFile(path.join(dataDir, 'ledger', 'vkey'), 'utf8').catch(() => undefined);
    if (stored !== undefined) return stored.trim();
  }
  return withCollector(invocation, given, async (client) => vkeyIn(await client.json('/v1/keys'), client.url));
}

function vkeyIn(answer: unknown, url: string): string {
  const vkey = isObject(answer) ? answer['vkey'] : undefined;
  if (typeof vkey === 'string') return vkey;
  throw new Failure(EXIT.unreachable, `${url} told no key`);
}

function rotateCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'rotate',
    summary: 'hand the log over to a new key under the same name',
    description:
      'Makes a new key and has the old one sign that the log is signed with the new one from here on; then the old private key is ' +
      'gone. Works on a collector that runs, and on one that does not. Whoever trusts the old key can follow the handover; witnesses ' +
      'must be told the new key, or they refuse.',
    examples: [['portledger key rotate --yes', 'the collector of this host']],
  });
  return runWith(addCollectorOptions(command).option('--yes', 'do not ask'), line, rotate);
}

async function rotate(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  if (given.flag('yes') !== true) {
    throw usage(
      'this replaces the key that the log is signed with, for good',
      'tell auditors and witnesses the new one; call it again with --yes',
    );
  }
  return withCollector(invocation, given, async (client) => {
    const vkey = vkeyIn(await client.json('/v1/keys/rotate', { method: 'POST' }), client.url);
    invocation.terminal.out(escapeControls(vkey));
    invocation.terminal.err(`fingerprint ${fingerprintOf(vkey) ?? 'unreadable'}`);
    return EXIT.ok;
  });
}
