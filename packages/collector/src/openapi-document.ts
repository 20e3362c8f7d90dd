import pino from 'pino';
import { assembleServer } from './collector-server.ts';
import { HEADERS_TIMEOUT_MS } from './limits.ts';

/**
 * The API's OpenAPI 3.1 description, made from the same schemas that check the requests. Opens nothing: the routes are
 * laid without the services behind them.
 */
export async function openapiDocument(version: string): Promise<object> {
  const absent = (): never => {
    throw new Error('the API is only described here, not served');
  };
  const server = assembleServer({
    version,
    log: pino({ level: 'silent' }),
    hostNames: new Set(),
    trustedProxies: [],
    consoleDir: undefined,
    headersTimeoutMs: HEADERS_TIMEOUT_MS,
    requestTimeoutMs: HEADERS_TIMEOUT_MS,
    isClosing: () => false,
    services: absent,
    door: absent,
  });
  await server.ready();
  const document = server.swagger();
  await server.close();
  return document;
}
