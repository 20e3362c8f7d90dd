import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { EXIT } from './exit-codes.ts';
import { Failure, messageOf, systemCodeOf, systemFailureOf } from './failure.ts';
import type { Invocation } from './invocation.ts';
import { SIGNAL_REPEAT_MS } from './limits.ts';
import { isObject } from './output/hit.ts';
import { errorLines, terminalOf } from './output/terminal.ts';
import { runProgram } from './program.ts';

const EXIT_TERMINATED = 143;

/**
 * The `portledger` command: reads the process once (arguments, environment, terminal, signals) and returns its exit code.
 * `bin` is the path of bin/portledger.mjs, `checkout` the folder of the workspace's package.json.
 */
export async function main(place: { readonly bin: string; readonly checkout: string }): Promise<number> {
  const args = process.argv.slice(2);
  const { stop, onHurry } = signals();
  endQuietlyWithReader();
  const invocation: Invocation = {
    ...place,
    version: versionOf(place.bin),
    hostName: hostname(),
    workingDir: process.cwd(),
    environment: process.env,
    stdin: process.stdin,
    terminal: terminalOf({
      stdout: process.stdout,
      stderr: process.stderr,
      environment: process.env,
      color: colorFlag(args),
    }),
    stop,
    onHurry,
    supervisor: process.send === undefined ? undefined : { report: (message) => void process.send?.(message) },
  };
  try {
    return await runProgram(invocation, args);
  } catch (error) {
    return reportError(invocation, error, args.includes('--debug'));
  } finally {
    if (process.connected) process.disconnect();
  }
}

function reportError(invocation: Invocation, error: unknown, debug: boolean): number {
  const { stop, terminal, supervisor } = invocation;
  if (stop.aborted && !(error instanceof Failure)) return stop.reason === 'SIGINT' ? EXIT.interrupted : EXIT_TERMINATED;
  const failure = error instanceof Failure ? error : systemFailureOf(error);
  const message = failure?.message ?? `this should not have happened: ${messageOf(error)}`;
  const remedy = failure === undefined ? 'call it again with --debug and report what it prints' : failure.remedy;
  const exitCode = failure?.exitCode ?? EXIT.failed;
  for (const line of errorLines(message, remedy, terminal.errPaint)) terminal.err(line);
  if (debug) for (const line of traceOf(error)) terminal.err(line);
  supervisor?.report({ kind: 'failed', message, remedy, exitCode });
  return exitCode;
}

function traceOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const cause = error.cause === undefined ? [] : ['caused by:', ...traceOf(error.cause)];
  return [...(error.stack ?? '').split('\n'), ...cause];
}

/** The first signal asks to stop, later ones to hurry. A supervised child also stops when `up` is gone. */
function signals(): { stop: AbortSignal; onHurry: Invocation['onHurry'] } {
  const controller = new AbortController();
  const hurried: (() => void)[] = [];
  let firstMs = 0;
  const take = (signal: string) => {
    if (!controller.signal.aborted) {
      firstMs = performance.now();
      controller.abort(signal);
      return;
    }
    if (performance.now() - firstMs < SIGNAL_REPEAT_MS) return;
    if (hurried.length === 0) process.exit(EXIT.interrupted);
    for (const listener of hurried) listener();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => take(signal));
  if (process.send !== undefined) process.on('disconnect', () => take('SIGTERM'));
  return { stop: controller.signal, onHurry: (listener) => hurried.push(listener) };
}

/** `portledger search … | head` ends when head has seen enough: that is no error. */
function endQuietlyWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (systemCodeOf(error) === 'EPIPE') process.exit(EXIT.ok);
      throw error;
    });
  }
}

function colorFlag(args: readonly string[]): boolean | undefined {
  if (args.includes('--no-color')) return false;
  return args.includes('--color') ? true : undefined;
}

function versionOf(bin: string): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(path.dirname(bin), '..', 'package.json'), 'utf8'));
  return isObject(manifest) && typeof manifest['version'] === 'string' ? manifest['version'] : 'unknown';
}
