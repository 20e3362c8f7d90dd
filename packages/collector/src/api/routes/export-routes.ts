import { Type } from 'typebox';
import { principalOf } from '../../auth/authenticate.ts';
import { READERS } from '../../auth/principal.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import type { Services } from '../api-services.ts';

/** Characters of a query that is told of: as many as the search takes. */
const QUERY_LENGTH_MAX = 4_096;

const SCHEMA = {
  operationId: 'tellExport',
  tags: ['ledger'],
  summary: 'Record that records, or the whole ledger, were exported',
  description: 'Exports are made from what can be read anyway. Whoever makes one says so here, and the log holds it.',
  body: Type.Object(
    {
      what: Type.Union([Type.Literal('records'), Type.Literal('ledger')]),
      query: Type.String({ maxLength: QUERY_LENGTH_MAX, description: 'What was asked for; empty for all.' }),
      count: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Records taken out.' }),
    },
    { additionalProperties: false },
  ),
  response: { 204: Type.Null(), ...faultResponses(400, 401, 403, 503) },
};

/** Where exports are told of. */
export function registerExportRoutes(server: HttpServer, services: Services): void {
  server.post('/v1/exports', { config: { access: READERS }, schema: SCHEMA }, async (request, reply) => {
    services().audit.exported(principalOf(request), request.body);
    return reply.code(204).send(null);
  });
}
