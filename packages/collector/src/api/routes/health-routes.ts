import { Type } from 'typebox';
import { READERS } from '../../auth/principal.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import { sendFault } from '../../http/http-fault.ts';
import type { HttpFault } from '../../http/http-fault.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import type { AppendFault } from '../../ledger/ledger-shapes.ts';
import type { Services } from '../api-services.ts';

const OK = Type.Object({ status: Type.Literal('ok') });

/** Of a ledger that takes nothing: which of the ways, and what to do. */
function ledgerFault({ code, message }: AppendFault): HttpFault {
  switch (code) {
    case 'disk-full':
    case 'overloaded':
      return { code, message };
    case 'read-only':
      return { code: 'ledger-read-only', message };
    case 'failed':
      return { code: 'ledger-stopped', message };
    case 'closed':
      return { code: 'closing' };
    default:
      return code satisfies never;
  }
}

/** `/healthz`: the process answers. `/readyz`: it can take records and answer searches. `/metrics`: Prometheus text. */
export function registerHealthRoutes(server: HttpServer, services: Services): void {
  const healthSchema = {
    operationId: 'health',
    tags: ['operation'],
    summary: 'Whether the process answers',
    response: { 200: OK, ...faultResponses(503) },
  };
  server.get('/healthz', { config: { access: 'open' }, schema: healthSchema }, async (_request, reply) =>
    reply.send({ status: 'ok' }),
  );

  const readySchema = {
    operationId: 'ready',
    tags: ['operation'],
    summary: 'Whether records are taken and searches answered; if not, why',
    response: { 200: OK, ...faultResponses(503) },
  };
  server.get('/readyz', { config: { access: 'open' }, schema: readySchema }, async (_request, reply) => {
    const fault = services().ledger.fault();
    if (fault !== undefined) return sendFault(reply, ledgerFault(fault));
    const { state } = services().index.status();
    if (state !== 'following')
      return sendFault(reply, { code: 'not-ready', message: 'The index does not follow the ledger.' });
    const [doubt] = services().seenCheckpoints.doubts;
    if (doubt !== undefined)
      return sendFault(reply, { code: 'ledger-put-back', details: { observer: doubt.observer } });
    return reply.send({ status: 'ok' });
  });

  const metricsSchema = {
    operationId: 'metrics',
    tags: ['operation'],
    summary: 'Metrics in Prometheus text format',
    produces: ['text/plain'],
    response: { 200: Type.String(), ...faultResponses(401, 403, 503) },
  };
  server.get('/metrics', { config: { access: READERS }, schema: metricsSchema }, async (_request, reply) => {
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await services().metrics());
  });
}
