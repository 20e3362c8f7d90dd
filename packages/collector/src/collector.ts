import { mkdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import type { Logger } from 'pino';
import manifest from '../package.json' with { type: 'json' };
import type { ApiServices } from './api/api-services.ts';
import { signInUrl } from './api/routes/session-routes.ts';
import { QueryTurns } from './api/query-turns.ts';
import { TailClients } from './api/tail-clients.ts';
import { AttemptLimit } from './auth/attempt-limit.ts';
import { SignInCodes } from './auth/sign-in-codes.ts';
import { writePrivateFile } from './auth/token-files.ts';
import { LISTEN_HOST, LISTEN_PORT, doorLimits } from './collector-options.ts';
import type { CollectorOptions } from './collector-options.ts';
import { openParts, plainLines } from './collector-parts.ts';
import type { CollectorParts, ControlledAccess } from './collector-parts.ts';
import type { OpeningPlace } from './opening-place.ts';
import { assembleServer } from './collector-server.ts';
import type { RecordsDoorServices } from './doors/http/records-door.ts';
import { makeReceiveClock } from './doors/receive-clock.ts';
import { LiveTail } from './followers/tail/live-tail.ts';
import type { HttpServer } from './http/type-provider.ts';
import { CLOSE_GRACE_MS, CLOSE_IDLE_INTERVAL_MS } from './limits.ts';
import { makeMetrics } from './metrics/collector-metrics.ts';

/** A running collector. */
export type Collector = {
  /** Where it listens, such as http://127.0.0.1:7071. */
  readonly url: string;
  /** The log's verifier key. */
  readonly vkey: string;
  readonly origin: string;
  /** The first admin token; also in DIR/keys/admin.token. */
  readonly adminToken: string;
  /** The local agent's ingest token; also in DIR/keys/agent.token. */
  readonly agentToken: string;
  /** The parts behind the API, for those who run the collector in their own process. */
  readonly services: ApiServices;
  /** A fresh one-time link that signs a console in. */
  signInUrl(): string;
  /** Stops accepting, lets requests in flight finish, seals and lets the data folder go. */
  close(): Promise<void>;
};

function makeLog(options: CollectorOptions): Logger {
  if (options.log !== undefined) return options.log;
  const redact = ['req.headers.authorization', 'req.headers.cookie', 'token', 'code', 'secret'];
  return pino({ level: options.logLevel ?? 'info', redact }, pino.destination({ fd: 2, sync: true }));
}

async function listen(server: HttpServer, options: CollectorOptions): Promise<string> {
  const { host, port } = options.listen ?? { host: LISTEN_HOST, port: LISTEN_PORT };
  await server.listen({ host, port });
  const address = server.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  // A wildcard is no address to go to.
  const named = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${named.includes(':') ? `[${named}]` : named}:${bound}`;
}

async function closeServer(server: HttpServer): Promise<void> {
  // A connection that becomes idle only now would be kept alive and waited for.
  const idle = setInterval(() => {
    server.server.closeIdleConnections();
  }, CLOSE_IDLE_INTERVAL_MS);
  const cut = setTimeout(() => {
    server.server.closeAllConnections();
  }, CLOSE_GRACE_MS);
  await server.close();
  clearInterval(idle);
  clearTimeout(cut);
}

function doorStatus({ counters, inFlight }: RecordsDoorServices): ReturnType<ApiServices['door']> {
  return {
    requests: counters.requests,
    records_accepted: counters.recordsAccepted,
    records_duplicate: counters.recordsDuplicate,
    records_refused: counters.recordsRefused,
    push_backs: counters.pushBacks,
    bytes_received: counters.bytesReceived,
    bytes_in_flight: inFlight.bytes,
  };
}

type Serving = {
  readonly services: ApiServices;
  readonly setUrl: (url: string) => void;
  readonly closing: AbortController;
};

/** Puts together what the API's handlers reach for. */
function makeServices({ clock }: OpeningPlace, parts: CollectorParts): Serving {
  const { ledger, index, completeness, access, door, system, observers, quarantine, anchors, signing } = parts;
  const closing = new AbortController();
  const tail = new LiveTail(plainLines(ledger));
  const tailClients = new TailClients();
  const { counters, inFlight } = door;
  const nowMs = (): number => clock() / 1_000;
  const metrics = makeMetrics({
    ledger,
    index,
    door: counters,
    inFlight,
    quarantine,
    anchors,
    observers,
    seen: signing.seen,
    tail: tailClients,
    system,
    nowMs,
  });
  let url = '';
  const services: ApiServices = {
    version: manifest.version,
    origin: door.origin,
    startedMs: nowMs(),
    clock,
    ledger,
    anchors,
    index,
    completeness,
    queryTurns: new QueryTurns(),
    tail,
    tailClients,
    tokens: access.tokens,
    sessions: access.sessions,
    codes: new SignInCodes(),
    attempts: new AttemptLimit(),
    audit: system,
    retention: parts.retention,
    observers,
    observerKeys: signing.keys,
    enrolment: signing.enrolment,
    seenCheckpoints: signing.seen,
    rotateKey: (by) => parts.key.rotate(by),
    door: () => doorStatus(door),
    metrics: () => metrics.metrics(),
    url: () => url,
    closing: closing.signal,
  };
  const setUrl = (bound: string): void => {
    url = bound;
  };
  return { services, setUrl, closing };
}

function makeServer({ options, log }: OpeningPlace, { services, closing }: Serving, parts: CollectorParts): HttpServer {
  const limits = doorLimits(options);
  return assembleServer({
    version: manifest.version,
    log,
    hostNames: new Set(
      [options.hostName ?? hostname(), ...(options.hostNames ?? [])].map((name) => name.toLowerCase()),
    ),
    trustedProxies: options.trustedProxies ?? [],
    consoleDir: options.consoleDir,
    headersTimeoutMs: limits.headersTimeoutMs,
    requestTimeoutMs: limits.headersTimeoutMs + limits.bodyTimeoutMs,
    isClosing: () => closing.signal.aborted,
    services: () => services,
    door: () => parts.door,
  });
}

/** Tells others on this machine where the collector is, for as long as it runs. */
function writeRunFile({ options, opened }: OpeningPlace, services: ApiServices, token: string): void {
  const path = join(options.dataDir, 'run', 'collector.json');
  const started = new Date(services.startedMs).toISOString();
  writePrivateFile(path, `${JSON.stringify({ url: services.url(), pid: process.pid, token, started })}\n`);
  opened.defer(() => {
    rmSync(path, { force: true });
  });
}

/** Opens ledger, index, doors and API on a data folder and listens. Throws when any of them cannot be opened. */
export async function startCollector(options: CollectorOptions): Promise<Collector> {
  // Whatever fails on the way, what was opened before is closed again, latest first.
  await using opened = new AsyncDisposableStack();
  const place: OpeningPlace = { options, clock: options.clock ?? makeReceiveClock(), log: makeLog(options), opened };
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const parts = await openParts(place, manifest.version);
  const serving = makeServices(place, parts);
  const server = makeServer(place, serving, parts);
  opened.defer(() => closeServer(server));
  opened.defer(() => {
    serving.closing.abort();
  });
  serving.setUrl(await listen(server, options));
  writeRunFile(place, serving.services, parts.access.adminToken);
  place.log.info({ url: serving.services.url(), origin: serving.services.origin }, 'collector is ready');
  return running(opened.move(), serving.services, parts.access, place.log);
}

function running(
  opened: AsyncDisposableStack,
  services: ApiServices,
  access: ControlledAccess,
  log: Logger,
): Collector {
  const close = async (): Promise<void> => {
    await opened.disposeAsync();
    log.info('collector closed');
  };
  let closed: Promise<void> | undefined;
  return {
    url: services.url(),
    vkey: services.ledger.head().vkey,
    origin: services.origin,
    adminToken: access.adminToken,
    agentToken: access.agentToken,
    services,
    signInUrl: () => signInUrl(services.url(), services.codes.issue(access.admin, services.clock() / 1_000).code),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}
