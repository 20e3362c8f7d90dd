import type { Result } from '@portledger/format';
import { ServedLedgerFiles } from '@portledger/format/node';
import { EXIT } from '../exit-codes.ts';
import { Failure, messageOf, systemCodeOf } from '../failure.ts';
import { API_TIMEOUT_MS, ERROR_BODY_BYTES_MAX, HEALTH_TIMEOUT_MS } from '../limits.ts';
import { failureOfFault, readApiFault } from './api-fault.ts';
import type { ApiFault } from './api-fault.ts';

export type ApiRequest = {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly parameters?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: Uint8Array<ArrayBuffer> | string;
  readonly contentType?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
};

/** A collector's HTTP API. Answers are unknown JSON: each command reads what it needs and no more. */
export class ApiClient {
  readonly url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.url = url.replace(/\/+$/, '');
    this.#token = token;
  }

  /** A JSON answer. Every refusal is thrown as a Failure; `query` is shown in it when a place in it is at fault. */
  async json(path: string, request: ApiRequest = {}, query?: string): Promise<unknown> {
    const answer = await this.attempt(path, request);
    if (!answer.ok) throw failureOfFault(answer.fault, query);
    return answer.value;
  }

  /** A JSON answer, or the refusal as a value. Throws a Failure only when the collector can't be reached. */
  async attempt(path: string, request: ApiRequest = {}): Promise<Result<unknown, ApiFault>> {
    const response = await this.#fetch(path, request, request.timeoutMs ?? API_TIMEOUT_MS);
    const body = await this.#text(response);
    // A batch of which every line was refused is answered with 422 and the list of refusals.
    const isAnswer = response.ok || (response.status === 422 && body.includes('"refused_total"'));
    if (!isAnswer)
      return { ok: false, fault: readApiFault(response.status, body, response.headers.get('retry-after')) };
    try {
      const value: unknown = body === '' ? undefined : JSON.parse(body);
      return { ok: true, value };
    } catch (error) {
      throw new Failure(
        EXIT.unreachable,
        `${this.url}${path} did not answer with JSON`,
        'is this a Portledger collector?',
        {
          cause: error,
        },
      );
    }
  }

  /** The body of an answer that goes on, such as the live tail. */
  async stream(path: string, request: ApiRequest, query?: string): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#fetch(path, request, undefined);
    if (!response.ok || response.body === null) {
      const body = (await this.#text(response)).slice(0, ERROR_BODY_BYTES_MAX);
      throw failureOfFault(readApiFault(response.status, body, null), query);
    }
    return response.body;
  }

  /** Whether something at this address says that it lives. */
  async isHealthy(): Promise<boolean> {
    try {
      const response = await this.#fetch('/healthz', {}, HEALTH_TIMEOUT_MS);
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }

  /** The published ledger as it is served. */
  ledgerFiles(): Promise<ServedLedgerFiles> {
    return ServedLedgerFiles.open(this.url, this.#token);
  }

  async #text(response: Response): Promise<string> {
    try {
      return await response.text();
    } catch (error) {
      throw unreachable(this.url, error);
    }
  }

  async #fetch(path: string, request: ApiRequest, timeoutMs: number | undefined): Promise<Response> {
    const target = new URL(this.url + path);
    for (const [name, value] of Object.entries(request.parameters ?? {})) {
      if (value !== undefined) target.searchParams.set(name, String(value));
    }
    const signals = [request.signal, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)];
    try {
      return await fetch(target, {
        method: request.method ?? 'GET',
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
        },
        ...(request.body === undefined ? {} : { body: request.body }),
        signal: AbortSignal.any(signals.filter((signal) => signal !== undefined)),
        redirect: 'error',
      });
    } catch (error) {
      if (request.signal?.aborted === true) throw error;
      throw unreachable(this.url, error);
    }
  }
}

function unreachable(url: string, error: unknown): Failure {
  const timedOut = error instanceof Error && error.name === 'TimeoutError';
  const message = timedOut ? `${url} does not answer in time` : `can't reach a collector at ${url}: ${reasonOf(error)}`;
  return new Failure(EXIT.unreachable, message, 'is it running? `portledger up` starts one', { cause: error });
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'the host name is not known'],
  ['EAI_AGAIN', 'the host name is not known'],
  ['ECONNRESET', 'it broke off the connection'],
  ['UND_ERR_SOCKET', 'it broke off the connection'],
]);

function reasonOf(error: unknown): string {
  return REASONS.get(systemCodeOf(error) ?? '') ?? messageOf(error);
}
