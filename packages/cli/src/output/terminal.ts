import { escapeControls } from './escape.ts';
import { painter } from './paint.ts';
import type { Paint } from './paint.ts';

/** What a command writes to. Lines given to `out` and `err` are final: values in them are escaped already. */
export type Terminal = {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly errRaw: (text: string) => void;
  /** Resolves once what was written to stdout has gone on, so that a slow reader slows us and not our memory. */
  readonly drained: () => Promise<void>;
  /** Columns of the terminal; undefined: not a terminal. */
  readonly outColumns: number | undefined;
  readonly errColumns: number | undefined;
  readonly paint: Paint;
  readonly errPaint: Paint;
  readonly nowMs: () => number;
};

export type TerminalOptions = {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `--color` or `--no-color`; undefined: decided by the terminal. */
  readonly color: boolean | undefined;
};

const COLUMNS_FALLBACK = 100;

export function terminalOf(options: TerminalOptions): Terminal {
  const { stdout, stderr } = options;
  return {
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    errRaw: (text) => void stderr.write(text),
    drained: () => drained(stdout),
    outColumns: stdout.isTTY ? stdout.columns || COLUMNS_FALLBACK : undefined,
    errColumns: stderr.isTTY ? stderr.columns || COLUMNS_FALLBACK : undefined,
    paint: painter(coloursOn(stdout, options)),
    errPaint: painter(coloursOn(stderr, options)),
    nowMs: () => performance.now(),
  };
}

/** NO_COLOR (https://no-color.org) and TERM=dumb turn colours off; an explicit flag comes before both. */
function coloursOn(stream: NodeJS.WriteStream, options: TerminalOptions): boolean {
  if (options.color === false) return false;
  if (!stream.isTTY) return options.color === true;
  const { NO_COLOR: noColor, TERM: term } = options.environment;
  return options.color === true || ((noColor === undefined || noColor === '') && term !== 'dumb');
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (!stream.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('drain', resolve);
    stream.once('close', resolve);
  });
}

/** One error as a person reads it: what is wrong, then what to do. */
export function errorLines(message: string, remedy: string | undefined, paint: Paint): string[] {
  const lines = [`${paint('red', 'portledger:')} ${multiline(message)}`];
  if (remedy !== undefined) lines.push(`  ${paint('cyan', '→')} ${multiline(remedy)}`);
  return lines;
}

/** Our own line breaks stay; everything else that could steer the terminal is escaped. */
function multiline(text: string): string {
  return text.split('\n').map(escapeControls).join('\n  ');
}
