import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../../bin/portledger.mjs', import.meta.url));

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

export type Started = {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  /** Resolves once the output so far fits; rejects when the process ends before it. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  ended: Promise<Ended>;
};

export type StartOptions = {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
};

/** Starts the real command as a person would, with no variables of the caller's own. */
export function start(args: readonly string[], options: StartOptions = {}): Started {
  return startProgram(process.execPath, [BIN, ...args], options);
}

export function startProgram(program: string, args: readonly string[], options: StartOptions = {}): Started {
  const environment = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PORTLEDGER_') && name !== 'NO_COLOR',
  );
  const child = spawn(program, args, {
    env: { ...Object.fromEntries(environment), ...options.environment },
    cwd: options.workingDir ?? tmpdir(),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close').then(([code]: unknown[]): Ended => ({
    code: typeof code === 'number' ? code : null,
    out,
    err,
  }));
  const says = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(out + err);
      if (match !== null) return match;
      if (child.exitCode !== null)
        throw new Error(`ended with ${child.exitCode} before it said ${pattern}:\n${out}${err}`);
      await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), ended]);
    }
  };
  return { child, out: () => out, err: () => err, says, ended };
}

export function run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return start(args, options).ended;
}

export async function temporaryDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const dir = await mkdtemp(path.join(tmpdir(), 'portledger-cli-'));
  return { path: dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
