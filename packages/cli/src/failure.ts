import { EXIT } from './exit-codes.ts';
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

const FILE_REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of its path is not a folder'],
  ['EACCES', 'not permitted'],
  ['EPERM', 'not permitted'],
]);

/** Why a file can't be used, in words. The caller names the file. */
export function fileReasonOf(thrown: unknown): string {
  return FILE_REASONS.get(systemCodeOf(thrown) ?? '') ?? messageOf(thrown);
}

/** What the system may refuse at any file of the data folder, as a person can use it; undefined: this is something else. */
export function systemFailureOf(thrown: unknown): Failure | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const place = 'path' in thrown && typeof thrown.path === 'string' ? thrown.path : thrown.message;
  switch (systemCodeOf(thrown) ?? '') {
    case 'EACCES':
    case 'EPERM': {
      const remedy = 'run it as the user that owns the folder (sudo), or give another one with --data DIR';
      return new Failure(EXIT.notPermitted, `not permitted: ${place}`, remedy, { cause: thrown });
    }
    case 'EROFS':
      return new Failure(EXIT.notPermitted, `can't be written: ${place}`, 'give another folder with --data DIR', {
        cause: thrown,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new Failure(
        EXIT.failed,
        `the disk is full: ${place}`,
        'free some space; nothing that was accepted is lost',
        {
          cause: thrown,
        },
      );
    default:
      return undefined;
  }
}
