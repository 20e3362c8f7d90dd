import type { Result } from '@portledger/format';
import type { Anchors } from '../anchors/open-anchors.ts';
import type { AttemptLimit } from '../auth/attempt-limit.ts';
import type { AuditTrail } from '../auth/audit-trail.ts';
import type { ConsoleSessions } from '../auth/console-sessions.ts';
import type { SignInCodes } from '../auth/sign-in-codes.ts';
import type { TokenStore } from '../auth/token-store.ts';
import type { Completeness } from '../followers/completeness/open-completeness.ts';
import type { RecordIndex } from '../followers/index/record-index.ts';
import type { LiveTail } from '../followers/tail/live-tail.ts';
import type { Ledger } from '../ledger/ledger-shapes.ts';
import type { ObserverEnrolment } from '../normalise/observer-enrolment.ts';
import type { ObserverKeys } from '../normalise/observer-keys.ts';
import type { ObserverRegistry } from '../normalise/observer-registry.ts';
import type { SeenCheckpoints } from '../normalise/seen-checkpoints.ts';
import type { Retention } from '../retention/retention.ts';
import type { QueryTurns } from './query-turns.ts';
import type { TailClients } from './tail-clients.ts';

/** What the door did, as the status page tells it. */
type DoorStatus = {
  readonly requests: number;
  readonly records_accepted: number;
  readonly records_duplicate: number;
  readonly records_refused: number;
  readonly push_backs: number;
  readonly bytes_received: number;
  readonly bytes_in_flight: number;
};

/** All that the API's handlers reach for. */
export type ApiServices = {
  readonly version: string;
  readonly origin: string;
  /** Epoch milliseconds. */
  readonly startedMs: number;
  /** Epoch microseconds. */
  readonly clock: () => number;
  readonly ledger: Ledger;
  readonly anchors: Anchors;
  readonly index: RecordIndex;
  readonly completeness: Completeness;
  readonly queryTurns: QueryTurns;
  readonly tail: LiveTail;
  readonly tailClients: TailClients;
  readonly tokens: TokenStore;
  readonly sessions: ConsoleSessions;
  readonly codes: SignInCodes;
  readonly attempts: AttemptLimit;
  readonly audit: AuditTrail;
  readonly retention: Retention;
  readonly observers: ObserverRegistry;
  readonly observerKeys: ObserverKeys;
  readonly enrolment: ObserverEnrolment;
  readonly seenCheckpoints: SeenCheckpoints;
  /** Hands the log over to a new key, and records it. The fault says what to do. */
  readonly rotateKey: (by: string) => Promise<Result<true, string>>;
  readonly door: () => DoorStatus;
  readonly metrics: () => Promise<string>;
  /** The collector's own address, such as http://127.0.0.1:7071. */
  readonly url: () => string;
  /** Aborted when the collector closes: open tails end. */
  readonly closing: AbortSignal;
};

/** Routes are laid before the services exist (and without any, to describe the API), so handlers ask for them. */
export type Services = () => ApiServices;
