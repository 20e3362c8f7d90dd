import { ApiError, OFFLINE, faultFromAnswer } from './api-fault.ts';

/** Talks to the collector that served this page: same origin, with the session cookie. */
export type ApiClient = {
  readonly getJson: (path: string, signal?: AbortSignal) => Promise<unknown>;
  readonly getText: (path: string, signal?: AbortSignal) => Promise<string>;
  readonly postJson: (path: string, body: unknown) => Promise<unknown>;
  /** Opens a stream; the answer's status is already known to be 200. */
  readonly openStream: (path: string, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;
};

export function createApiClient(): ApiClient {
  async function send(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(path, { ...init, credentials: 'same-origin', cache: 'no-store' });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new ApiError(OFFLINE);
    }
    if (!response.ok) throw new ApiError(faultFromAnswer(response.status, await readBody(response)));
    return response;
  }

  return {
    getJson: async (path, signal) => readBody(await send(path, signal === undefined ? {} : { signal })),
    getText: async (path, signal) => (await send(path, signal === undefined ? {} : { signal })).text(),
    postJson: async (path, body) =>
      readBody(
        await send(path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      ),
    openStream: async (path, signal) => {
      const response = await send(path, { signal, headers: { accept: 'text/event-stream' } });
      if (response.body === null) throw new ApiError(OFFLINE);
      return response.body;
    },
  };
}

async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Builds `path?name=value…`, leaving out what is absent. */
export function withQuery(path: string, values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}
