import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../source-files.ts';

const CLI = join(ROOT, 'packages/cli/bin/portledger.mjs');
const run = promisify(execFile);

export type RunFile = { readonly url: string; readonly token: string; readonly pid: number };

/** A portledger process of the test's own, on a data folder of its own and an ephemeral port. */
export type PortledgerProcess = {
  readonly dir: string;
  readonly child: ChildProcess;
  readonly run: RunFile;
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
};

export function temporaryDir(): string {
  return mkdtempSync(join(tmpdir(), 'portledger-product-'));
}

export async function until<T>(
  what: string,
  attempt: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await attempt();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Starts `portledger COMMAND` and waits until its collector answers. */
export async function startPortledger(
  command: 'up' | 'collector',
  dir: string,
  extra: readonly string[] = [],
): Promise<PortledgerProcess> {
  const child = spawn(process.execPath, [CLI, command, '--data', dir, '--listen', '127.0.0.1:0', ...extra], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const runFile = join(dir, 'run', 'collector.json');
  const ready = await until(`portledger ${command}`, () => {
    if (child.exitCode !== null) throw new Error(`portledger ${command} ended with ${child.exitCode}:\n${output}`);
    if (!existsSync(runFile)) return undefined;
    const found: RunFile & { readonly started?: string } = JSON.parse(readFileSync(runFile, 'utf8'));
    return isAlive(found.pid) ? found : undefined;
  });
  return {
    dir,
    child,
    run: ready,
    output: () => output,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await once(child, 'close');
      }
      return child.exitCode;
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Runs one portledger command to its end. */
export async function portledger(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  try {
    const { stdout, stderr } = await run(process.execPath, [CLI, ...args], { maxBuffer: 1 << 28 });
    return { code: 0, stdout, stderr };
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'stdout' in error && 'stderr' in error) {
      return { code: Number(error.code), stdout: String(error.stdout), stderr: String(error.stderr) };
    }
    throw error;
  }
}

/** One authenticated call; the connection is closed so that the call leaves nothing open. */
export async function call<T>(
  to: RunFile,
  path: string,
  init: { readonly method?: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<T> {
  const headers = { authorization: `Bearer ${to.token}`, connection: 'close', ...init.headers };
  const reply = await fetch(new URL(path, to.url), { ...init, headers });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${text}`);
  return JSON.parse(text);
}

export type Hit = {
  readonly block: number;
  readonly position: number;
  readonly record: Readonly<Record<string, string | number | undefined>>;
};

export async function search(to: RunFile, query: string, limit = 1000): Promise<readonly Hit[]> {
  const { hits } = await call<{ hits: readonly Hit[] }>(to, `/v1/search?limit=${limit}&q=${encodeURIComponent(query)}`);
  return hits;
}

export function removeDir(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}
