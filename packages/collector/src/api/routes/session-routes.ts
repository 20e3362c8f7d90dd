import { Type } from 'typebox';
import type { Static } from 'typebox';
import { principalOf } from '../../auth/authenticate.ts';
import { SESSION_COOKIE } from '../../auth/console-sessions.ts';
import { ANYONE_KNOWN, READERS } from '../../auth/principal.ts';
import type { Principal } from '../../auth/principal.ts';
import { isToken } from '../../auth/secrets.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import { isOwnOrigin } from '../../http/host-check.ts';
import { sendFault } from '../../http/http-fault.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import { SESSION_TTL_MS } from '../../limits.ts';
import type { ApiServices, Services } from '../api-services.ts';
import { TIME } from '../schemas/record-schemas.ts';

const ROLE = Type.Union([Type.Literal('admin'), Type.Literal('read'), Type.Literal('ingest'), Type.Literal('enrol')]);
const SESSION = Type.Object({
  name: Type.String({ description: 'Name of the token that stands behind it.' }),
  role: ROLE,
});

const SIGN_IN_SCHEMA = {
  operationId: 'signIn',
  tags: ['session'],
  summary: 'Sign a console in with a one-time code or a token',
  description:
    'Sets the cookie `portledger_session` (HttpOnly, SameSite=Strict, 12 hours). A code works once, within ten minutes. Tokens of role ingest and enrol sign nobody in: they may read nothing.',
  body: Type.Union([
    Type.Object({ code: Type.String({ minLength: 1, maxLength: 256 }) }, { additionalProperties: false }),
    Type.Object({ token: Type.String({ minLength: 1, maxLength: 256 }) }, { additionalProperties: false }),
  ]),
  response: { 200: SESSION, ...faultResponses(400, 401, 403, 429, 503) },
};

const LINK_SCHEMA = {
  operationId: 'signInLink',
  tags: ['session'],
  summary: 'Make a one-time sign-in link for the console',
  body: Type.Object(
    {
      role: Type.Optional(
        Type.Union([Type.Literal('admin'), Type.Literal('read')], { description: "By default the caller's own role." }),
      ),
    },
    { additionalProperties: false },
  ),
  response: { 201: Type.Object({ url: Type.String(), expires: TIME }), ...faultResponses(400, 401, 403, 503) },
};

/** The link that a person opens: the code is in the fragment, which never reaches a server's log. */
export function signInUrl(base: string, code: string): string {
  return `${base}/#signin=${code}`;
}

/** Who a code or token stands for. A code is used up by it. */
function redeemed(
  given: Static<typeof SIGN_IN_SCHEMA.body>,
  { codes, tokens }: Pick<ApiServices, 'codes' | 'tokens'>,
  nowMs: number,
): Principal | undefined {
  if ('code' in given) return codes.redeem(given.code, nowMs);
  const principal = isToken(given.token) ? tokens.lookup(given.token) : undefined;
  return principal === undefined ? undefined : { ...principal, kind: 'session' };
}

function registerSignIn(server: HttpServer, services: Services): void {
  server.post('/v1/signin', { config: { access: 'open' }, schema: SIGN_IN_SCHEMA }, async (request, reply) => {
    const { sessions, attempts, audit, clock } = services();
    const nowMs = clock() / 1_000;
    const { origin, host } = request.headers;
    // Another site must not sign a browser in under a code of its own choosing.
    if (origin !== undefined && !isOwnOrigin(origin, host)) return sendFault(reply, { code: 'origin-refused' });
    const principal = redeemed(request.body, services(), nowMs);
    if (principal === undefined) {
      const refusal = 'code' in request.body ? 'code-invalid' : 'token-invalid';
      // A code that is right is taken even while its address is held back: others' guesses must not lock a person out.
      const waitMs = attempts.waitMs(request.ip, nowMs);
      if (waitMs > 0)
        return sendFault(reply, { code: 'too-many-attempts', retryAfterSeconds: Math.ceil(waitMs / 1_000) });
      attempts.failed(request.ip, nowMs);
      audit.signInFailed(request.ip, refusal);
      return sendFault(reply, { code: refusal });
    }
    if (principal.role === 'ingest' || principal.role === 'enrol') {
      return sendFault(reply, { code: 'forbidden', message: 'A token of this role may look at nothing.' });
    }
    const { secret } = sessions.open(principal, Math.floor(nowMs));
    audit.signedIn(principal, request.ip);
    const isSecure = request.protocol === 'https';
    reply.setCookie(SESSION_COOKIE, secret, {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: isSecure,
      maxAge: SESSION_TTL_MS / 1_000,
    });
    return reply.send({ name: principal.name, role: principal.role });
  });
}

/** Sign-in, sign-out, and who one is. */
export function registerSessionRoutes(server: HttpServer, services: Services): void {
  registerSignIn(server, services);

  const signOutSchema = {
    operationId: 'signOut',
    tags: ['session'],
    summary: 'End the console session',
    response: { 204: Type.Null(), ...faultResponses(401, 403, 503) },
  };
  server.post('/v1/signout', { config: { access: ANYONE_KNOWN }, schema: signOutSchema }, async (request, reply) => {
    const { sessions, audit } = services();
    const secret = request.cookies[SESSION_COOKIE];
    const principal = principalOf(request);
    if (principal.kind === 'session' && secret !== undefined) {
      sessions.close(secret);
      audit.signedOut(principal, request.ip);
    }
    return reply.clearCookie(SESSION_COOKIE, { path: '/' }).code(204).send(null);
  });

  const sessionSchema = {
    operationId: 'session',
    tags: ['session'],
    summary: 'Who is asking',
    response: { 200: SESSION, ...faultResponses(401, 403, 503) },
  };
  server.get('/v1/session', { config: { access: ANYONE_KNOWN }, schema: sessionSchema }, async (request, reply) => {
    const { name, role } = principalOf(request);
    return reply.send({ name, role });
  });

  server.post('/v1/signin-links', { config: { access: READERS }, schema: LINK_SCHEMA }, async (request, reply) => {
    const { codes, clock, url, audit } = services();
    const principal = principalOf(request);
    const role = request.body.role ?? principal.role;
    if (role === 'admin' && principal.role !== 'admin') return sendFault(reply, { code: 'forbidden' });
    const { code, expiresMs } = codes.issue({ ...principal, role }, clock() / 1_000);
    audit.configChanged(principal.name, 'sign-in-link', { role });
    return reply.code(201).send({ url: signInUrl(url(), code), expires: new Date(expiresMs).toISOString() });
  });
}
