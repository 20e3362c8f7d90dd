import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { RESTART_DELAY_MS, RESTART_DELAY_MS_MAX, STEADY_AFTER_MS } from '../limits.ts';
import type { ChildLog } from './child-log.ts';
import { readChildReport } from './child-report.ts';
import type { ChildReport } from './child-report.ts';

export type ChildSpec = {
  /** Options of Node itself. */
  readonly nodeArgs: readonly string[];
  readonly bin: string;
  readonly args: () => readonly string[];
  readonly log: ChildLog;
  /** Milliseconds between being told to stop and being killed. */
  readonly stopMs: number;
};

export type ChildHooks = {
  readonly onStart: (pid: number) => void;
  readonly onReport: (report: ChildReport) => void;
  /** It ended though nobody told it to; it starts again after `delayMs`. */
  readonly onRestart: (ending: Ending, delayMs: number) => void;
};

/** How a child ended: its exit code or the signal, and what it said last. */
export type Ending = {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly failure: Extract<ChildReport, { kind: 'failed' }> | undefined;
  readonly wasReady: boolean;
};

/**
 * Runs a child until `stop` is aborted, starting it again when it ends. Returns when it is stopped for good:
 * undefined when told to stop, its ending when it never got ready the first time (starting it again would not mend that).
 */
export async function keepRunning(
  spec: ChildSpec,
  hooks: ChildHooks,
  stop: AbortSignal,
  hurry: AbortSignal,
): Promise<Ending | undefined> {
  let delayMs = RESTART_DELAY_MS;
  for (let everReady = false; !stop.aborted;) {
    const startedMs = performance.now();
    const ending = await runOnce(spec, hooks, stop, hurry);
    if (stop.aborted) return undefined;
    everReady ||= ending.wasReady;
    if (!everReady) return ending;
    if (performance.now() - startedMs > STEADY_AFTER_MS) delayMs = RESTART_DELAY_MS;
    hooks.onRestart(ending, delayMs);
    await delay(delayMs, undefined, { signal: stop }).catch(() => undefined);
    delayMs = Math.min(delayMs * 2, RESTART_DELAY_MS_MAX);
  }
  return undefined;
}

async function runOnce(spec: ChildSpec, hooks: ChildHooks, stop: AbortSignal, hurry: AbortSignal): Promise<Ending> {
  spec.log.forgetLastWords();
  // Its own process group: Ctrl-C at the terminal reaches `up` alone, which stops agent and collector in this order.
  const child = spawn(process.execPath, [...spec.nodeArgs, spec.bin, ...spec.args()], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  if (child.pid !== undefined) hooks.onStart(child.pid);
  if (child.stdout !== null) spec.log.take(child.stdout);
  if (child.stderr !== null) spec.log.take(child.stderr);
  let failure: Ending['failure'];
  let wasReady = false;
  child.on('message', (message) => {
    const report = readChildReport(message);
    if (report === undefined) return;
    if (report.kind === 'failed') failure = report;
    else wasReady = true;
    hooks.onReport(report);
  });
  const unlink = stopWith(child, spec.stopMs, stop, hurry);
  try {
    const [code, signal] = await ended(child);
    return { code, signal, failure, wasReady };
  } finally {
    unlink();
  }
}

/** `close` comes after the last output and the last report; `exit` may come before them. */
async function ended(child: ChildProcess): Promise<[number | undefined, string | undefined]> {
  const [code, signal]: unknown[] = await once(child, 'close');
  return [typeof code === 'number' ? code : undefined, typeof signal === 'string' ? signal : undefined];
}

function stopWith(child: ChildProcess, stopMs: number, stop: AbortSignal, hurry: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const terminate = () => {
    child.kill('SIGTERM');
    timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  };
  const kill = () => void child.kill('SIGKILL');
  if (stop.aborted) terminate();
  stop.addEventListener('abort', terminate);
  hurry.addEventListener('abort', kill);
  return () => {
    clearTimeout(timer);
    stop.removeEventListener('abort', terminate);
    hurry.removeEventListener('abort', kill);
  };
}
