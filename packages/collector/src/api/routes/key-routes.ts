import { Type } from 'typebox';
import { principalOf } from '../../auth/authenticate.ts';
import { ADMIN_ONLY, ANYONE_KNOWN } from '../../auth/principal.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import { sendFault } from '../../http/http-fault.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import type { Services } from '../api-services.ts';

const KEYS_SCHEMA = {
  operationId: 'ledgerKeys',
  tags: ['ledger'],
  summary: "The log's verifier key, and the handovers that led to it",
  description:
    'Each handover is a signed note: a checkpoint whose extension lines name the old and the new key, signed by both. Trust the ' +
    'key only from elsewhere; from a key that you trust, the handovers lead to the current one.',
  response: {
    200: Type.Object({ vkey: Type.String(), handovers: Type.Array(Type.String()) }),
    ...faultResponses(401, 403, 503),
  },
};

const ROTATE_SCHEMA = {
  operationId: 'rotateLedgerKey',
  tags: ['ledger'],
  summary: 'Hand the log over to a new key under the same name',
  response: {
    200: Type.Object({ vkey: Type.String({ description: 'The new verifier key.' }) }),
    ...faultResponses(401, 403, 503),
  },
};

/** The log's keys: which there were, and a new one. */
export function registerKeyRoutes(server: HttpServer, services: Services): void {
  server.get('/v1/keys', { config: { access: ANYONE_KNOWN }, schema: KEYS_SCHEMA }, async (_request, reply) => {
    const { ledger } = services();
    return reply.send({ vkey: ledger.head().vkey, handovers: ledger.published.handovers() });
  });

  server.post('/v1/keys/rotate', { config: { access: ADMIN_ONLY }, schema: ROTATE_SCHEMA }, async (request, reply) => {
    const { ledger, rotateKey } = services();
    const rotated = await rotateKey(principalOf(request).name);
    if (!rotated.ok) return sendFault(reply, { code: 'not-ready', message: rotated.fault });
    return reply.send({ vkey: ledger.head().vkey });
  });
}
