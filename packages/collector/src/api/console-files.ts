import fastifyStatic from '@fastify/static';
import type { FastifyRequest } from 'fastify';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpServer } from '../http/type-provider.ts';

/** The console's page; every address of the console that is no file is this page, which finds its own way. */
const PAGE = 'index.html';

/**
 * Serves the built console. Its files are open: they hold no data, and a browser needs them before it can sign in.
 * Returns which file answers an address that no route took.
 */
export function registerConsole(
  server: HttpServer,
  consoleDir: string | undefined,
): (request: FastifyRequest) => string | undefined {
  if (consoleDir === undefined || !existsSync(join(consoleDir, PAGE))) return () => undefined;
  server.addHook('onRoute', (route) => {
    // The static plugin lays its own routes and cannot be told who may use them.
    if (route.url === '/*' || route.url === '/') route.config = { ...route.config, access: 'open' };
  });
  void server.register(fastifyStatic, {
    root: consoleDir,
    schemaHide: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Built assets carry a hash of their content in the name; the page must always be fresh.
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  return (request) => {
    const isPage =
      request.method === 'GET' &&
      !request.url.startsWith('/v1/') &&
      (request.headers.accept ?? '').includes('text/html');
    return isPage ? PAGE : undefined;
  };
}
