import type { FastifyRequest } from 'fastify';
import { sendFault } from './http-fault.ts';
import type { HttpServer } from './type-provider.ts';

type Laid = { readonly pattern: RegExp; readonly methods: Set<string> };

function patternOf(url: string): RegExp {
  const escaped = url.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/:[a-zA-Z]+/g, '[^/]+');
  return new RegExp(`^${escaped}/?$`);
}

/**
 * Remembers which methods each address takes, so that a wrong one is told 405 with Allow, and OPTIONS is answered.
 * Returns the look-up for the not-found handler: the methods of a path, none when there is no such address.
 */
export function watchMethods(server: HttpServer): (path: string) => readonly string[] {
  const laid = new Map<string, Laid>();
  server.addHook('onRoute', (route) => {
    if (route.url.includes('*')) return;
    const entry = laid.get(route.url) ?? { pattern: patternOf(route.url), methods: new Set<string>() };
    laid.set(route.url, entry);
    for (const method of [route.method].flat()) entry.methods.add(method);
  });
  return (path) => {
    const methods = new Set<string>();
    for (const entry of laid.values()) {
      if (entry.pattern.test(path)) for (const method of entry.methods) methods.add(method);
    }
    return [...methods];
  };
}

/** Answers what no route took: 405 or OPTIONS where the address exists, else `otherwise`. */
export function answerUnrouted(
  server: HttpServer,
  methodsOf: (path: string) => readonly string[],
  otherwise: (request: FastifyRequest) => string | undefined,
): void {
  server.setNotFoundHandler(async (request, reply) => {
    const methods = methodsOf(request.url.split('?', 1)[0] ?? '');
    if (methods.length > 0) {
      void reply.header('allow', [...methods, 'OPTIONS'].join(', '));
      return request.method === 'OPTIONS' ? reply.code(204).send() : sendFault(reply, { code: 'method-not-allowed' });
    }
    const file = otherwise(request);
    return file === undefined ? sendFault(reply, { code: 'not-found' }) : reply.sendFile(file);
  });
}
