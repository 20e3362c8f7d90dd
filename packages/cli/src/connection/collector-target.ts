import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure, fileReasonOf, systemCodeOf } from '../failure.ts';
import { usage } from '../given-options.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import { COLLECTOR_RETURN_MS, RUN_FILE_POLL_MS } from '../limits.ts';
import { loadConfig } from '../load-config.ts';
import { ApiClient } from './api-client.ts';
import { readRunFile, readUpFile } from './run-file.ts';
import type { RunFile } from './run-file.ts';

/** What a command asks: a collector that runs, or a data folder that nobody has open. */
export type CollectorTarget =
  | { readonly kind: 'running'; readonly client: ApiClient; readonly dataDir: string | undefined }
  | { readonly kind: 'stopped'; readonly dataDir: string; readonly config: Config };

export function addCollectorOptions(command: Command): Command {
  return command
    .option('--server <url>', 'collector to ask; default: the one running on the data folder (PORTLEDGER_SERVER)')
    .option('--token <token>', 'its access token; better --token-file, which other users do not see (PORTLEDGER_TOKEN)')
    .option('--token-file <file>', 'file that holds its access token')
    .option('--data <dir>', 'data folder, of a collector running or not (PORTLEDGER_DATA)')
    .option('--config <file>', 'configuration file (PORTLEDGER_CONFIG)');
}

export async function findCollector(invocation: Invocation, given: GivenOptions): Promise<CollectorTarget> {
  const server =
    given.text('server') ??
    (given.text('data') === undefined ? invocation.environment['PORTLEDGER_SERVER'] : undefined);
  const config = await configOf(invocation, given);
  if (server !== undefined && server !== '')
    return { kind: 'running', client: await serverClient(invocation, given, server, config), dataDir: undefined };
  const dataDir = config.get(SETTINGS.data);
  const client = await runningClient(dataDir);
  if (client !== undefined) return { kind: 'running', client, dataDir };
  if (await holdsLedger(dataDir)) return { kind: 'stopped', dataDir, config };
  const remedy = 'start one with `portledger up`, or name another with --data DIR or --server URL';
  throw new Failure(EXIT.unreachable, `no collector is running on ${dataDir}, and there is no ledger in it`, remedy);
}

/** The configuration with --data and --config taken in. */
export function configOf(invocation: Invocation, given: GivenOptions): Promise<Config> {
  const data = given.text('data');
  const flags = data === undefined ? [] : [{ setting: SETTINGS.data, flag: '--data', raw: data }];
  return loadConfig(invocation, given.text('config'), flags);
}

/** The collector that runs on a data folder; undefined: none does. Throws when one does and can't be used. */
export async function runningClient(dataDir: string): Promise<ApiClient | undefined> {
  const run = await awaitedRunFile(dataDir);
  if (run === undefined) return undefined;
  const client = new ApiClient(run.url, run.token);
  if (await client.isHealthy()) return client;
  const message = `the collector of ${dataDir} (process ${run.pid}) does not answer at ${run.url}`;
  throw new Failure(
    EXIT.unreachable,
    message,
    `look into ${path.join(dataDir, 'log', 'collector.log')}, or start it anew`,
  );
}

/** While `up` starts its collector, or starts it again, the folder is not free: the collector is waited for. */
async function awaitedRunFile(dataDir: string): Promise<RunFile | undefined> {
  for (const deadlineMs = performance.now() + COLLECTOR_RETURN_MS; ;) {
    const run = await readRunFile(dataDir);
    if (run !== undefined) return run;
    const up = await readUpFile(dataDir);
    if (up === undefined) return undefined;
    if (performance.now() >= deadlineMs) {
      const message = `the collector of ${dataDir} is not up: \`portledger up\` (process ${up.pid}) is starting it`;
      throw new Failure(
        EXIT.unreachable,
        message,
        `try again in a moment, or look into ${path.join(dataDir, 'log', 'collector.log')}`,
      );
    }
    await delay(RUN_FILE_POLL_MS);
  }
}

export async function holdsLedger(dataDir: string): Promise<boolean> {
  try {
    return (await stat(path.join(dataDir, 'ledger'))).isDirectory();
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    if (code === 'EACCES') {
      throw new Failure(
        EXIT.notPermitted,
        `not permitted to look into ${dataDir}`,
        'run it as the user that owns the folder (sudo)',
      );
    }
    throw error;
  }
}

async function serverClient(
  invocation: Invocation,
  given: GivenOptions,
  server: string,
  config: Config,
): Promise<ApiClient> {
  if (given.text('data') !== undefined)
    throw usage('--server and --data name two different collectors', 'give one of them');
  if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol)) {
    throw usage(`--server takes an address such as http://127.0.0.1:7071, not ${JSON.stringify(server)}`);
  }
  const token = await givenToken(invocation, given);
  if (token !== undefined) return new ApiClient(server, token);
  const run = await readRunFile(config.get(SETTINGS.data)).catch(() => undefined);
  if (run !== undefined && new URL(run.url).origin === new URL(server).origin) return new ApiClient(server, run.token);
  throw new Failure(
    EXIT.notPermitted,
    `${server} needs a token`,
    'give --token-file FILE or PORTLEDGER_TOKEN; `portledger token create` makes one',
  );
}

async function givenToken(invocation: Invocation, given: GivenOptions): Promise<string | undefined> {
  const token = given.text('token');
  const file = given.text('tokenFile');
  if (token !== undefined && file !== undefined)
    throw usage('--token and --token-file are both given', 'give one of them');
  if (file !== undefined) return readTokenFile(path.resolve(invocation.workingDir, file));
  return token ?? (invocation.environment['PORTLEDGER_TOKEN'] || undefined);
}

/** A token from a file: its only line. */
export async function readTokenFile(file: string): Promise<string> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    const exitCode = systemCodeOf(error) === 'EACCES' ? EXIT.notPermitted : EXIT.usage;
    throw new Failure(exitCode, `can't read the token file ${file}: ${fileReasonOf(error)}`);
  }
  const token = content.trim();
  if (!/^[\x21-\x7e]+$/.test(token))
    throw usage(`${file} does not hold one token`, 'it must be one line, such as plt_…');
  return token;
}
