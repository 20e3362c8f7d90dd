import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { formatConfigFault } from './config/config-fault.ts';
import type { ConfigFault } from './config/config-fault.ts';
import { readConfig } from './config/config.ts';
import type { Config, ConfigInputs, FlagValue } from './config/config.ts';
import { EXIT } from './exit-codes.ts';
import { Failure, fileReasonOf, systemCodeOf } from './failure.ts';
import type { Invocation } from './invocation.ts';

const FILE_NAME = 'portledger.yaml';
const SYSTEM_FILE = '/etc/portledger/portledger.yaml';

/** The effective configuration, or a Failure that tells every fault of it. */
export async function loadConfig(
  invocation: Invocation,
  file: string | undefined,
  flags: readonly FlagValue[],
): Promise<Config> {
  const inputs = await configInputs(invocation, file, flags);
  const config = readConfig(inputs);
  if (config.ok) return config.value;
  throw configFailure(config.fault);
}

export function configFailure(faults: readonly ConfigFault[]): Failure {
  const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
  const remedy = 'mend them, then look with `portledger config check`; every key is in docs/configuration.md';
  return new Failure(
    EXIT.usage,
    [`the configuration has ${count}:`, ...faults.map(formatConfigFault)].join('\n'),
    remedy,
  );
}

export async function configInputs(
  invocation: Invocation,
  file: string | undefined,
  flags: readonly FlagValue[],
): Promise<ConfigInputs> {
  const { checkout, hostName, workingDir, environment } = invocation;
  const named = file ?? (environment['PORTLEDGER_CONFIG'] || undefined);
  const found =
    named === undefined ? await findFile(checkout, workingDir) : await readNamed(path.resolve(workingDir, named));
  return { place: { checkout, hostName }, workingDir, environment, flags, file: found };
}

async function readNamed(name: string): Promise<{ name: string; content: string }> {
  try {
    return { name, content: await readFile(name, 'utf8') };
  } catch (error) {
    const exitCode = systemCodeOf(error) === 'EACCES' ? EXIT.notPermitted : EXIT.usage;
    throw new Failure(
      exitCode,
      `can't read the configuration ${name}: ${fileReasonOf(error)}`,
      'give a file that exists with --config',
    );
  }
}

/** The working directory's, the checkout's, the system's: the first there is. */
async function findFile(checkout: string, workingDir: string): Promise<{ name: string; content: string } | undefined> {
  const here = path.join(workingDir, FILE_NAME);
  if (await isOurs(here)) return readNamed(here);
  for (const name of [path.join(checkout, FILE_NAME), SYSTEM_FILE]) {
    const stats = await stat(name).catch(() => undefined);
    if (stats?.isFile() === true) return readNamed(name);
  }
  return undefined;
}

/** A file that somebody else laid into a shared folder must not steer a command that root runs there. */
async function isOurs(name: string): Promise<boolean> {
  const stats = await stat(name).catch(() => undefined);
  const othersMayWrite = stats !== undefined && (stats.mode & 0o022) !== 0;
  return stats?.isFile() === true && !othersMayWrite && (stats.uid === process.getuid?.() || stats.uid === 0);
}
