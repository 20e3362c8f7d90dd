import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EXIT } from '../exit-codes.ts';
import { Failure, messageOf, systemCodeOf } from '../failure.ts';
import { isObject } from '../output/hit.ts';
import { startTicksOf } from './process-identity.ts';

/** What a running collector tells of itself in `DIR/run/collector.json` (mode 0600). */
export type RunFile = { readonly url: string; readonly pid: number; readonly token: string; readonly started: string };

/**
 * What `up` tells of itself in `DIR/run/up.json`: a collector that is not there now is being started. `startTicks` tells it
 * from a later process with the same id.
 */
export type UpFile = { readonly pid: number; readonly started: string; readonly startTicks: string };

function upFilePath(dataDir: string): string {
  return path.join(dataDir, 'run', 'up.json');
}

/** The `up` that keeps a collector running on the folder; undefined: none does, or it can't be told. */
export async function readUpFile(dataDir: string): Promise<UpFile | undefined> {
  const content = await readFile(upFilePath(dataDir), 'utf8').catch(() => '');
  const input = parsedJson(content);
  if (!isObject(input)) return undefined;
  const { pid, started, startTicks } = input;
  if (typeof pid !== 'number' || typeof started !== 'string' || typeof startTicks !== 'string') return undefined;
  return (await startTicksOf(pid)) === startTicks ? { pid, started, startTicks } : undefined;
}

/** Told by `up` itself; the disposer takes it back. */
export async function tellUp(dataDir: string): Promise<AsyncDisposable> {
  const file = upFilePath(dataDir);
  const startTicks = (await startTicksOf(process.pid)) ?? '';
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify({ pid: process.pid, started: new Date().toISOString(), startTicks }), {
    mode: 0o600,
  });
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
}

export function runFilePath(dataDir: string): string {
  return path.join(dataDir, 'run', 'collector.json');
}

/** Undefined when there is none, or when the process that wrote it is gone. Throws a Failure when it can't be read. */
export async function readRunFile(dataDir: string): Promise<RunFile | undefined> {
  const file = runFilePath(dataDir);
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES' || code === 'EPERM') {
      const remedy = 'run it as the user that runs the collector (sudo), or give --server URL and --token-file FILE';
      throw new Failure(EXIT.notPermitted, `not permitted to read ${file}`, remedy);
    }
    throw new Failure(EXIT.unreachable, `can't read ${file}: ${messageOf(error)}`);
  }
  const run = parseRunFile(content);
  return run !== undefined && isAlive(run.pid) ? run : undefined;
}

/** A torn or foreign file says nothing about a running collector. */
export function parseRunFile(content: string): RunFile | undefined {
  const input = parsedJson(content);
  if (!isObject(input)) return undefined;
  const { url, pid, token, started } = input;
  if (
    typeof url !== 'string' ||
    !URL.canParse(url) ||
    typeof pid !== 'number' ||
    !Number.isSafeInteger(pid) ||
    pid <= 0
  ) {
    return undefined;
  }
  return typeof token === 'string'
    ? { url, pid, token, started: typeof started === 'string' ? started : '' }
    : undefined;
}

/** A process of another user exists, too, though we may not signal it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) === 'EPERM';
  }
}

function parsedJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
