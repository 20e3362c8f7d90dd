import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { isObject } from '../output/hit.ts';

/** The API's one shape of errors: `{error: {code, message, remedy?, position?, …}}`. */
export type ApiFault = {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly remedy: string | undefined;
  /** Where in the query text, in characters. */
  readonly position: number | undefined;
  readonly retryAfterMs: number | undefined;
};

export function readApiFault(status: number, body: string, retryAfter: string | null): ApiFault {
  const error = parseError(body);
  const text = (name: string) => (typeof error[name] === 'string' ? error[name] : undefined);
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  return {
    status,
    code: text('code') ?? `http-${status}`,
    message: text('message') ?? `the server answered with status ${status}`,
    remedy: text('remedy') ?? text('hint'),
    position: typeof error['position'] === 'number' ? error['position'] : undefined,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
  };
}

/** The fault as the end of a command. `query` is shown with a mark under the place that was not understood. */
export function failureOfFault(fault: ApiFault, query?: string): Failure {
  const place = query === undefined || fault.position === undefined ? '' : `\n${query}\n${' '.repeat(fault.position)}^`;
  return new Failure(exitCodeOf(fault), `${fault.message}${place}`, fault.remedy ?? remedyOf(fault));
}

function exitCodeOf(fault: ApiFault): ExitCode {
  if (fault.status === 401 || fault.status === 403) return EXIT.notPermitted;
  if (fault.status === 429 || fault.status >= 500) return EXIT.unreachable;
  return fault.status === 404 || fault.status === 409 ? EXIT.failed : EXIT.usage;
}

function remedyOf(fault: ApiFault): string | undefined {
  switch (fault.status) {
    case 401:
      return 'give a token that is valid there: --token-file FILE or PORTLEDGER_TOKEN';
    case 403:
      return 'this needs a token with another role: see `portledger token list`';
    case 429:
    case 503:
      return 'it is busy: try again in a moment';
    default:
      return undefined;
  }
}

function parseError(body: string): Readonly<Record<string, unknown>> {
  try {
    const input: unknown = JSON.parse(body);
    return isObject(input) && isObject(input['error']) ? input['error'] : {};
  } catch {
    return {};
  }
}
