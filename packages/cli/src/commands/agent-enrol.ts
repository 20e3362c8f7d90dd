import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { SETTINGS } from '../config/settings.ts';
import { readTokenFile } from '../connection/collector-target.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { loadConfig } from '../load-config.ts';
import { escapeControls } from '../output/escape.ts';
import { settingFlags } from './server-options.ts';

/** Where an agent keeps its key, its enrolment and the end of its chain. */
export function identityDirOf(dataDir: string): string {
  return path.join(dataDir, 'agent');
}

export function agentEnrolCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'enrol',
    summary: 'give this host a key, and register it at a collector elsewhere',
    description:
      'Makes the key that this host signs its records with, in the data folder, and registers it at the collector with a ' +
      'one-time token of role enrol. Keeps the ingest token that comes in return, so that `portledger agent` needs no more ' +
      'options. On the collector’s own host `portledger up` does all this by itself.',
    examples: [
      [
        'portledger agent enrol --server https://collector.example.com --token-file setup.token --data /var/lib/portledger',
        'then: portledger agent --data /var/lib/portledger',
      ],
    ],
  });
  command
    .requiredOption('--server <url>', 'collector to enrol at')
    .option('--token <token>', 'enrolment token; better --token-file, which other users do not see')
    .option('--token-file <file>', 'file that holds the enrolment token');
  return runWith(command, line, enrol);
}

async function enrol(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const server = given.text('server') ?? '';
  if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol))
    throw usage(`--server takes an address such as https://collector.example.com, not ${JSON.stringify(server)}`);
  const config = await loadConfig(invocation, given.text('config'), settingFlags(given));
  const [token, dataDir] = [await tokenOf(invocation, given), config.get(SETTINGS.data)];
  const observer = config.get(SETTINGS.observer);
  const { enrolAgent } = await import('@portledger/agent');
  const enrolled = await enrolAgent({ identityDir: identityDirOf(dataDir), observer, collectorUrl: server, token });
  if (!enrolled.ok) {
    const { message } = enrolled.fault;
    const remedy = message.includes('key-proof-invalid')
      ? 'the token may have been made for another observer name: --observer NAME'
      : 'make a fresh token there: portledger token create NAME --role enrol --observer OBSERVER';
    throw new Failure(EXIT.notPermitted, `not enrolled: ${message}`, remedy);
  }
  if (enrolled.value.token !== undefined) await keepToken(dataDir, enrolled.value.token);
  const { terminal } = invocation;
  terminal.out(`enrolled ${escapeControls(observer)} with key ${enrolled.value.keyId}`);
  terminal.out(`log ${escapeControls(enrolled.value.vkey)}`);
  return EXIT.ok;
}

async function tokenOf(invocation: Invocation, given: GivenOptions): Promise<string> {
  const file = given.text('tokenFile');
  const token = given.text('token');
  if (token !== undefined && file !== undefined)
    throw usage('--token and --token-file are both given', 'give one of them');
  if (token !== undefined) return token;
  if (file === undefined) throw usage('an enrolment token is needed', 'give --token-file FILE');
  return readTokenFile(path.resolve(invocation.workingDir, file));
}

/** The agent reads it from here. */
async function keepToken(dataDir: string, token: string): Promise<void> {
  const keys = path.join(dataDir, 'keys');
  await mkdir(keys, { recursive: true, mode: 0o700 });
  const file = path.join(keys, 'agent.token');
  await writeFile(`${file}.new`, `${token}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
}
