import { isObject, readOptionalInteger, readOptionalText } from './json-reader.ts';

/** Why a request to the collector failed, in words a person can act on. */
export type ApiFault = {
  readonly kind: 'offline' | 'signed-out' | 'refused' | 'shape';
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  /** Where in the query the fault lies, counted in UTF-16 units from 0. */
  readonly position?: number;
};

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly fault: ApiFault;
  constructor(fault: ApiFault) {
    super(fault.message);
    this.fault = fault;
  }
}

export const OFFLINE: ApiFault = {
  kind: 'offline',
  status: 0,
  code: 'offline',
  message: 'The collector does not answer.',
  remedy: 'Check that `portledger up` is running; this page reconnects by itself.',
};

/** Reads `{error: {code, message, remedy?, hint?, position?}}` as the collector sends it with every failure. */
export function faultFromAnswer(status: number, body: unknown): ApiFault {
  const error = isObject(body) && isObject(body['error']) ? body['error'] : {};
  const details = isObject(error['details']) ? error['details'] : {};
  const position = readOptionalInteger(error, 'position') ?? readOptionalInteger(details, 'position');
  const remedy =
    readOptionalText(error, 'hint') ?? readOptionalText(details, 'hint') ?? readOptionalText(error, 'remedy');
  return {
    kind: status === 401 ? 'signed-out' : 'refused',
    status,
    code: readOptionalText(error, 'code') ?? `http-${status}`,
    message: readOptionalText(error, 'message') ?? `The collector answered with status ${status}.`,
    ...(remedy === undefined ? {} : { remedy }),
    ...(position === undefined ? {} : { position }),
  };
}

export function faultOf(error: unknown): ApiFault {
  if (error instanceof ApiError) return error.fault;
  const message = error instanceof Error ? error.message : String(error);
  return {
    kind: 'shape',
    status: 0,
    code: 'unexpected-answer',
    message: `The collector's answer could not be read: ${message}`,
    remedy: 'Reload the page; console and collector may be of different versions.',
  };
}
