import { decodeBase64 } from '@portledger/format';
import { randomBytes } from 'node:crypto';
import { Type } from 'typebox';
import { principalOf } from '../../auth/authenticate.ts';
import { ADMIN_ONLY, ENROLLERS, READERS } from '../../auth/principal.ts';
import type { Principal } from '../../auth/principal.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import { sendFault } from '../../http/http-fault.ts';
import type { HttpFault } from '../../http/http-fault.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import { ENROLMENT_TOKEN_TTL_MS } from '../../limits.ts';
import type { EnrolmentFault } from '../../normalise/observer-enrolment.ts';
import type { ObserverKey } from '../../normalise/observer-keys.ts';
import type { ApiServices, Services } from '../api-services.ts';
import { TIME } from '../schemas/record-schemas.ts';

const TAGS = ['observers'];
const BASE64_CHARACTERS_MAX = 128;
const BASE64 = Type.String({ maxLength: BASE64_CHARACTERS_MAX });
const KEY = Type.Object({
  observer: Type.String(),
  key_id: Type.String({ description: 'First 8 bytes of the SHA-256 of the public key, hex.' }),
  key: Type.String({ description: 'Ed25519 public key, base64.' }),
  registered: TIME,
  by: Type.String({ description: 'Token that it was registered with.' }),
});

const REGISTER_SCHEMA = {
  operationId: 'registerObserverKey',
  tags: TAGS,
  summary: 'Enrol: register the key that an observer signs its batches with',
  description:
    "For the token's own observer. From then on nothing unsigned is taken in its name. With a token of role ingest only the first key can be registered; one of role enrol takes the place of another key, is used up by it, and an ingest token is given in return. The ledger keeps a record of each key.",
  body: Type.Object(
    {
      key: Type.Intersect([BASE64], { description: 'Ed25519 public key: base64 of 32 bytes.' }),
      proof: Type.Intersect([BASE64], {
        description:
          'Base64 of the key\'s signature over the line "portledger-observer-key/v1", a newline, and the canonical JSON of {key, observer}.',
      }),
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object({
      ...KEY.properties,
      vkey: Type.String({ description: "The log's verifier key: the agent holds checkpoints against it." }),
      token: Type.Optional(Type.String({ description: 'An ingest token for the observer, plt_…' })),
    }),
    ...faultResponses(400, 401, 403, 409, 503),
  },
};

const LIST_SCHEMA = {
  operationId: 'observerKeys',
  tags: TAGS,
  summary: 'The observers that sign, and their keys',
  response: { 200: Type.Object({ keys: Type.Array(KEY) }), ...faultResponses(401, 403, 503) },
};

const WITHDRAW_SCHEMA = {
  operationId: 'withdrawObserverKey',
  tags: TAGS,
  summary: "Withdraw an observer's key: it may register another, or send unsigned again",
  params: Type.Object({ observer: Type.String({ maxLength: 512 }) }),
  response: { 204: Type.Null(), ...faultResponses(401, 403, 404, 503) },
};

function shown({ observer, keyId, publicKey, registeredMs, by }: ObserverKey) {
  const key = Buffer.from(publicKey).toString('base64');
  return { observer, key_id: keyId, key, registered: new Date(registeredMs).toISOString(), by };
}

function httpFault(fault: EnrolmentFault): HttpFault {
  return fault.code === 'unrecorded' ? { code: 'ledger-read-only', message: fault.fault.message } : fault;
}

/** An enrolment token that lay about for too long is worth nothing. */
function isExpired({ tokens, clock }: ApiServices, principal: Principal): boolean {
  if (principal.role !== 'enrol') return false;
  const entry = tokens.list().find(({ name }) => name === principal.name);
  return entry === undefined || clock() / 1_000 - entry.createdMs > ENROLMENT_TOKEN_TTL_MS;
}

/** Uses an enrolment token up and gives the token that the agent sends with from now on. */
function exchange({ tokens, clock, audit }: ApiServices, principal: Principal): string | undefined {
  const nowMs = Math.floor(clock() / 1_000);
  tokens.revoke(principal.name, nowMs);
  const name = `agent-${randomBytes(4).toString('hex')}`;
  const made = tokens.create({ name, role: 'ingest', observer: principal.observer, nowMs });
  if (!made.ok) return undefined;
  audit.configChanged(principal.name, 'token-created', { token: name, role: 'ingest', observer: principal.observer });
  return made.value.token;
}

/** Observers' keys: register, list, withdraw. Each change is recorded before it holds. */
export function registerObserverKeyRoutes(server: HttpServer, services: Services): void {
  server.post(
    '/v1/observers/key',
    { config: { access: ENROLLERS }, schema: REGISTER_SCHEMA },
    async (request, reply) => {
      const principal = principalOf(request);
      const { enrolment, ledger } = services();
      if (isExpired(services(), principal))
        return sendFault(reply, { code: 'token-invalid', message: 'This enrolment token has expired.' });
      const [publicKey, proof] = [decodeBase64(request.body.key), decodeBase64(request.body.proof)];
      if (publicKey?.length !== 32 || proof?.length !== 64) return sendFault(reply, { code: 'key-proof-invalid' });
      const { observer, name: by } = principal;
      const mayReplace = principal.role === 'enrol';
      const registered = await enrolment.register({ observer, publicKey, proof, by, mayReplace });
      if (!registered.ok) return sendFault(reply, { ...httpFault(registered.fault), details: { observer } });
      const token = mayReplace ? exchange(services(), principal) : undefined;
      if (mayReplace && token === undefined) return sendFault(reply, { code: 'too-many-tokens' });
      const { vkey } = ledger.published.head();
      return reply.send({ ...shown(registered.value), vkey, ...(token === undefined ? {} : { token }) });
    },
  );

  server.get('/v1/observers/keys', { config: { access: READERS }, schema: LIST_SCHEMA }, async (_request, reply) =>
    reply.send({ keys: services().observerKeys.list().map(shown) }),
  );

  const withdraw = { config: { access: ADMIN_ONLY }, schema: WITHDRAW_SCHEMA };
  server.delete('/v1/observers/:observer/key', withdraw, async (request, reply) => {
    const done = await services().enrolment.withdraw(request.params.observer, principalOf(request).name);
    if (!done.ok) return sendFault(reply, httpFault(done.fault));
    return reply.code(204).send(null);
  });
}
