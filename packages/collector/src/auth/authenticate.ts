import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendFault } from '../http/http-fault.ts';
import type { HttpFault } from '../http/http-fault.ts';
import { isOwnOrigin } from '../http/host-check.ts';
import type { HttpServer } from '../http/type-provider.ts';
import type { AttemptLimit } from './attempt-limit.ts';
import type { AuditTrail } from './audit-trail.ts';
import { SESSION_COOKIE } from './console-sessions.ts';
import type { ConsoleSessions } from './console-sessions.ts';
import type { Access, Principal } from './principal.ts';
import { bearerToken } from './secrets.ts';
import type { TokenStore } from './token-store.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use the route; a route that does not say is refused to all. */
    access?: Access;
  }
  interface FastifyRequest {
    /** Who is behind the request; undefined on open routes. */
    principal: Principal | undefined;
  }
}

export type Gatekeeping = {
  readonly tokens: TokenStore;
  readonly sessions: ConsoleSessions;
  readonly attempts: AttemptLimit;
  readonly audit: AuditTrail;
  readonly nowMs: () => number;
};

type Verdict = { readonly principal: Principal } | { readonly fault: HttpFault };

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

function byToken(keeping: Gatekeeping, request: FastifyRequest, header: string): Verdict {
  const waitMs = keeping.attempts.waitMs(request.ip, keeping.nowMs());
  const token = bearerToken(header);
  const principal = token === undefined ? undefined : keeping.tokens.lookup(token);
  if (principal !== undefined) return { principal };
  // A valid token is served even while its address is held back: a neighbour's guesses must not lock it out.
  if (waitMs > 0) return { fault: { code: 'too-many-attempts', retryAfterSeconds: Math.ceil(waitMs / 1_000) } };
  keeping.attempts.failed(request.ip, keeping.nowMs());
  keeping.audit.signInFailed(request.ip, 'token-invalid');
  return { fault: { code: 'token-invalid' } };
}

function bySession(keeping: Gatekeeping, request: FastifyRequest, secret: string): Verdict {
  const principal = keeping.sessions.lookup(secret, keeping.nowMs());
  if (principal === undefined) return { fault: { code: 'session-expired' } };
  const { origin, host } = request.headers;
  // SameSite=Strict already keeps the cookie off other sites' requests; the Origin check also covers older browsers.
  if (!SAFE_METHODS.has(request.method) && !isOwnOrigin(origin, host)) return { fault: { code: 'origin-refused' } };
  return { principal };
}

function identify(keeping: Gatekeeping, request: FastifyRequest): Verdict {
  const { authorization } = request.headers;
  if (authorization !== undefined) return byToken(keeping, request, authorization);
  const secret = request.cookies[SESSION_COOKIE];
  if (secret !== undefined && secret !== '') return bySession(keeping, request, secret);
  return { fault: { code: 'auth-required' } };
}

/** Puts the check before every route of `server`: identity first, then the role, before a byte of the body is read. */
export function guardRoutes(server: HttpServer, keeping: () => Gatekeeping): void {
  server.decorateRequest('principal', undefined);
  server.addHook('onRequest', (request, reply, proceed) => {
    const access = request.routeOptions.config.access ?? [];
    if (request.is404 || access === 'open') return proceed();
    const verdict = identify(keeping(), request);
    if ('fault' in verdict) return refuse(reply, verdict.fault);
    if (!access.includes(verdict.principal.role)) return refuse(reply, { code: 'forbidden' });
    request.principal = verdict.principal;
    return proceed();
  });
}

function refuse(reply: FastifyReply, fault: HttpFault): void {
  void sendFault(reply, fault);
}

/** Whether the token or session of a request that was let in still stands. */
export function isStillKnown(
  { tokens, sessions }: Pick<Gatekeeping, 'tokens' | 'sessions'>,
  request: FastifyRequest,
  nowMs: number,
): boolean {
  const { authorization } = request.headers;
  if (authorization === undefined) return sessions.lookup(request.cookies[SESSION_COOKIE] ?? '', nowMs) !== undefined;
  const token = bearerToken(authorization);
  return token !== undefined && tokens.lookup(token) !== undefined;
}

/** The principal of a guarded route's request. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === undefined) throw new Error('a guarded route was reached without a principal');
  return request.principal;
}
