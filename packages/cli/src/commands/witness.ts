import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { WitnessServer } from '@portledger/witness';
import type { Command } from 'commander';
import { describeCommand, runWith } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';
import { parseListenAddress } from '../config/listen-address.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure, fileReasonOf, messageOf, systemCodeOf } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { escapeControls } from '../output/escape.ts';
import { stopped } from './stopped.ts';

const LISTEN = '127.0.0.1:7072';
/** Where the trusted logs stand by default, in the witness's folder. */
const LOG_LIST = 'logs.txt';

export function witnessCommand(line: CommandLine): Command {
  const command = describeCommand({
    name: 'witness',
    summary: 'run a witness: cosign checkpoints of logs that only ever grew',
    description:
      'Runs a C2SP tlog-witness. It remembers the largest tree of each log that it trusts, and cosigns a checkpoint only when a proof ' +
      'shows that the new tree extends that one. Run it where those who keep the log cannot reach it. Its key is made at the ' +
      'first start; the line that it prints goes into policies.',
    examples: [
      ['portledger witness --data /var/lib/portledger-witness', 'trust the logs listed in its logs.txt'],
      ['portledger witness --data w --log "$(cat log.vkey)" --name audit.example.com', 'trust one log'],
    ],
  });
  command
    .requiredOption('--data <dir>', 'folder of the witness: key, logs.txt, cosigned heads; made at the first start')
    .option('--name <name>', 'name that it cosigns under, fixed by the first start (default: HOST/witness)')
    .option('--logs <file>', 'verifier keys of the logs it trusts, one a line (default: logs.txt in its folder)')
    .option('--log <vkey...>', 'verifier key of a log it trusts besides')
    .option('--listen <host:port>', `address to listen on (default: ${LISTEN})`)
    .option('--prefix <path>', 'path before /add-checkpoint (default: none)')
    .option('--url <url>', 'address under which others reach it, for the line it prints');
  return runWith(command, line, witness);
}

async function witness(invocation: Invocation, given: GivenOptions): Promise<ExitCode> {
  const { terminal } = invocation;
  const dir = path.resolve(invocation.workingDir, given.text('data') ?? '');
  const logs = await trustedVkeys(invocation, given, dir);
  const listen = listenOf(given);
  const server = await startOn(invocation, given, { dir, logs, listen });
  const origins = [...new Set(logs.map((vkey) => vkey.split('+', 1)[0] ?? vkey))];
  const name = server.vkey.split('+', 1)[0] ?? '';
  terminal.out(`listening on ${escapeControls(server.url)}`);
  terminal.out(`trusts ${escapeControls(origins.join(', '))}`);
  terminal.out('for the policy of a log, and of its readers:');
  terminal.out(`witness ${policyName(name)} ${server.vkey} ${escapeControls(given.text('url') ?? server.url)}`);
  await stopped(invocation.stop);
  await server.close();
  return invocation.stop.reason === 'SIGINT' ? EXIT.interrupted : EXIT.ok;
}

type WitnessPlace = { readonly dir: string; readonly logs: readonly string[]; readonly listen: ListenAddress };

async function startOn(invocation: Invocation, given: GivenOptions, place: WitnessPlace): Promise<WitnessServer> {
  const { WitnessError, startWitness, storedWitnessName } = await import('@portledger/witness');
  const { dir, logs, listen } = place;
  const prefix = given.text('prefix');
  try {
    return await startWitness({
      dir,
      logs,
      ...listen,
      name: given.text('name') ?? storedWitnessName(dir) ?? `${invocation.hostName}/witness`,
      ...(prefix === undefined ? {} : { prefix }),
      onFault: (error) => invocation.terminal.err(`portledger: ${escapeControls(messageOf(error))}`),
    });
  } catch (error) {
    if (error instanceof WitnessError)
      throw new Failure(error.code === 'bad-options' ? EXIT.usage : EXIT.failed, error.message);
    if (systemCodeOf(error) === 'EADDRINUSE')
      throw new Failure(EXIT.failed, `${listen.host}:${listen.port} is in use`, 'give another with --listen HOST:PORT');
    throw error;
  }
}

function listenOf(given: GivenOptions): ListenAddress {
  const listen = given.text('listen') ?? LISTEN;
  const address = parseListenAddress(listen);
  if (!address.ok) throw usage(`--listen: ${address.fault}`);
  return address.value;
}

/** The keys of `--log`, and those of the file, which must be there where it is named or no key is given. */
async function trustedVkeys(invocation: Invocation, given: GivenOptions, dir: string): Promise<readonly string[]> {
  const { parseLogList } = await import('@portledger/witness');
  const flags = given.texts('log');
  const named = given.text('logs');
  const file = named === undefined ? path.join(dir, LOG_LIST) : path.resolve(invocation.workingDir, named);
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT' && named === undefined) return '';
    throw usage(`can't read the list of logs ${file}: ${fileReasonOf(error)}`, 'give a file that exists with --logs');
  });
  const listed = parseLogList(content);
  if (!listed.ok) throw usage(`${file} has lines that name no log:\n${listed.fault.join('\n')}`);
  const vkeys = [...listed.value, ...flags];
  if (vkeys.length > 0) return vkeys;
  throw usage('this witness trusts no log', `write the verifier key of one (DIR/ledger/vkey there) into ${file}`);
}

/** A policy's name for the witness: of its key's name, what may stand in one word. */
function policyName(name: string): string {
  return name.replace(/[^A-Za-z0-9.-]+/g, '-');
}
