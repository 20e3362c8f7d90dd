import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { escapeControls } from '../output/escape.ts';
import type { Terminal } from '../output/terminal.ts';
import type { ChildLog } from './child-log.ts';
import type { Ending } from './keep-running.ts';

type ChildName = 'collector' | 'agent';

/** A child that never got ready ends `up`: with what it said, or else with its last words. */
export function failureOfEnding(name: ChildName, ending: Ending, log: ChildLog): Failure {
  if (ending.failure !== undefined)
    return new Failure(ending.failure.exitCode, ending.failure.message, ending.failure.remedy);
  const words = log.lastWords().slice(-5);
  const message = [`the ${name} did not start (${howOf(ending)})`, ...words].join('\n');
  return new Failure(EXIT.failed, message, `the whole log is ${log.file}`);
}

export function tellRestart(terminal: Terminal, name: ChildName, ending: Ending, delayMs: number, log: ChildLog): void {
  const why = ending.failure?.message ?? log.lastWords().at(-1) ?? '';
  const text = `the ${name} ended (${howOf(ending)}) and starts again in ${delayMs / 1000} s${why === '' ? '' : `: ${why}`}`;
  terminal.err(terminal.errPaint('yellow', escapeControls(text)));
  terminal.err(terminal.errPaint('dim', `  its log: ${escapeControls(log.file)}`));
}

function howOf(ending: Ending): string {
  return ending.signal === undefined ? `exit code ${ending.code ?? '?'}` : ending.signal;
}
