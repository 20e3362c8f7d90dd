import { Type } from 'typebox';
import { principalOf } from '../../auth/authenticate.ts';
import { ADMIN_ONLY } from '../../auth/principal.ts';
import type { TokenEntry } from '../../auth/token-store.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import { sendFault } from '../../http/http-fault.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import type { Services } from '../api-services.ts';
import { TIME } from '../schemas/record-schemas.ts';

const ROLE = Type.Union([Type.Literal('admin'), Type.Literal('read'), Type.Literal('ingest'), Type.Literal('enrol')]);
const NAME = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._/@-]{0,63}$',
  description: 'Letters, digits, and . _ / @ -',
});
const TOKEN = Type.Object({
  id: Type.String(),
  name: NAME,
  role: ROLE,
  observer: Type.String({
    description: 'The observer that an ingest token writes as, or whose key an enrol token registers.',
  }),
  created: TIME,
});

const LIST_SCHEMA = {
  operationId: 'tokens',
  tags: ['tokens'],
  summary: 'The tokens that are in force',
  response: { 200: Type.Object({ tokens: Type.Array(TOKEN) }), ...faultResponses(401, 403, 503) },
};

const CREATE_SCHEMA = {
  operationId: 'createToken',
  tags: ['tokens'],
  summary: 'Make a token',
  description: 'The answer is the only place where the token stands in clear.',
  body: Type.Object(
    { name: NAME, role: ROLE, observer: Type.Optional(NAME) },
    { additionalProperties: false, description: 'Without `observer` the name of the token is taken.' },
  ),
  response: {
    201: Type.Object({ ...TOKEN.properties, token: Type.String({ description: 'plt_…' }) }),
    ...faultResponses(400, 401, 403, 409, 503),
  },
};

const REVOKE_SCHEMA = {
  operationId: 'revokeToken',
  tags: ['tokens'],
  summary: 'Revoke a token, and end the console sessions made through it',
  params: Type.Object({ token: Type.String({ maxLength: 128, description: 'Id or name.' }) }),
  response: { 204: Type.Null(), ...faultResponses(401, 403, 404, 503) },
};

function shown(entry: TokenEntry) {
  const { id, name, role, observer, createdMs } = entry;
  return { id, name, role, observer, created: new Date(createdMs).toISOString() };
}

/** Tokens: list, make, revoke. Making and revoking are themselves recorded. */
export function registerTokenRoutes(server: HttpServer, services: Services): void {
  const config = { access: ADMIN_ONLY };

  server.get('/v1/tokens', { config, schema: LIST_SCHEMA }, async (_request, reply) => {
    return reply.send({ tokens: services().tokens.list().map(shown) });
  });

  server.post('/v1/tokens', { config, schema: CREATE_SCHEMA }, async (request, reply) => {
    const { tokens, audit, clock } = services();
    const { name, role, observer } = request.body;
    const made = tokens.create({ name, role, observer: observer ?? name, nowMs: Math.floor(clock() / 1_000) });
    if (!made.ok) return sendFault(reply, made.fault);
    const { token, entry } = made.value;
    audit.configChanged(principalOf(request).name, 'token-created', { token: name, role, observer: entry.observer });
    return reply.code(201).send({ ...shown(entry), token });
  });

  server.delete('/v1/tokens/:token', { config, schema: REVOKE_SCHEMA }, async (request, reply) => {
    const { tokens, sessions, codes, audit, clock } = services();
    const entry = tokens.revoke(request.params.token, Math.floor(clock() / 1_000));
    if (entry === undefined) return sendFault(reply, { code: 'token-not-found' });
    sessions.closeOf(entry.name);
    codes.voidOf(entry.name);
    audit.configChanged(principalOf(request).name, 'token-revoked', { token: entry.name, role: entry.role });
    return reply.code(204).send(null);
  });
}
