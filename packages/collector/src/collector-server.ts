import type { FastifyBaseLogger } from 'fastify';
import { registerApi } from './api/api.ts';
import type { ApiServices } from './api/api-services.ts';
import { registerConsole } from './api/console-files.ts';
import { describeApi } from './api/openapi.ts';
import { guardRoutes } from './auth/authenticate.ts';
import { registerRecordsDoor } from './doors/http/records-door.ts';
import type { RecordsDoorServices } from './doors/http/records-door.ts';
import { answerUnrouted, watchMethods } from './http/allowed-methods.ts';
import { createHttpServer } from './http/server.ts';
import type { HttpServer } from './http/type-provider.ts';

export type ServerParts = {
  readonly version: string;
  readonly log: FastifyBaseLogger;
  readonly hostNames: ReadonlySet<string>;
  readonly trustedProxies: readonly string[];
  readonly consoleDir: string | undefined;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly isClosing: () => boolean;
  readonly services: () => ApiServices;
  readonly door: () => RecordsDoorServices;
};

/** The HTTP server with every route of the door, the API and the console. It opens and listens to nothing by itself. */
export function assembleServer(parts: ServerParts): HttpServer {
  const server = createHttpServer(parts);
  const methodsOf = watchMethods(server);
  guardRoutes(server, () => {
    const { tokens, sessions, attempts, audit, clock } = parts.services();
    return { tokens, sessions, attempts, audit, nowMs: () => clock() / 1_000 };
  });
  describeApi(server, parts.version);
  const page = registerConsole(server, parts.consoleDir);
  registerRecordsDoor(server, parts.door);
  registerApi(server, parts.services);
  answerUnrouted(server, methodsOf, page);
  return server;
}
