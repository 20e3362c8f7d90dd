import fastifySwagger from '@fastify/swagger';
import { ANYONE_KNOWN } from '../auth/principal.ts';
import type { HttpServer } from '../http/type-provider.ts';

/** Describes every route that is laid after it, from the schemas that also check the requests. */
export function describeApi(server: HttpServer, version: string): void {
  void server.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Portledger',
        version,
        description:
          'Audit-ready access logs for internal ports. Every error has the shape {"error": {"code", "message", "remedy"?}}.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'A token: plt_…' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'portledger_session',
            description: "A signed-in console's cookie.",
          },
        },
      },
      security: [{ token: [] }, { session: [] }],
    },
    refResolver: {
      buildLocalReference: (schema, _baseUri, _fragment, index) =>
        typeof schema['$id'] === 'string' ? schema['$id'] : `schema-${index}`,
    },
    transform: ({ schema, url, route }) => {
      const { access } = route.config ?? {};
      // Tells at each route who may use it, from the very declaration that is enforced.
      const roles = access === 'open' || access === undefined ? 'open' : access.join(', ');
      const description = [schema?.description, `Roles: ${roles}.`].filter(Boolean).join(' ');
      return { schema: { ...schema, description, ...(access === 'open' ? { security: [] } : {}) }, url };
    },
  });
}

/** Serves the description at /v1/openapi.json. */
export function registerOpenApi(server: HttpServer): void {
  server.get(
    '/v1/openapi.json',
    { config: { access: ANYONE_KNOWN }, schema: { hide: true } },
    async (_request, reply) => {
      return reply.send(server.swagger());
    },
  );
}
