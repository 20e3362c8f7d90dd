import type { ExitCode } from './exit-codes.ts';

/** An expected end of a command: one line for the person, a remedy, an exit code. Never shown with a stack trace. */
export class Failure extends Error {
  readonly exitCode: ExitCode;
  readonly remedy: string | undefined;

  constructor(exitCode: ExitCode, message: string, remedy?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
    this.exitCode = exitCode;
    this.remedy = remedy;
  }
}

/** The message of anything that was thrown, in one line. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause =
    thrown.cause instanceof Error && !thrown.message.includes(thrown.cause.message) ? thrown.cause : undefined;
  const text = cause === undefined ? thrown.message : `${thrown.message}: ${messageOf(cause)}`;
  return text === '' ? thrown.name : text;
}

/** The system's error code (`ENOENT`, `EADDRINUSE`, …) of anything that was thrown, looking through its causes. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return systemCodeOf(thrown.cause);
}
