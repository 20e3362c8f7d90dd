/** What happened. The last group is said by the system about itself. */
export const ACTIONS = [
  'connection-initiated',
  'connection-accepted',
  'connection-refused',
  'connection-denied',
  'connection-failed',
  'connection-closed',
  'listener-opened',
  'listener-closed',
  'flow-observed',
  'request',
  'login',
  'logout',
  'login-failed',
  'capture-started',
  'capture-stopped',
  'heartbeat',
  'records-lost',
  'config-changed',
  'rule-changed',
  'log-accessed',
  'exported',
  'hold-placed',
  'hold-released',
  'pruned',
  'erased',
  'alert-raised',
  'alert-acknowledged',
] as const;

export const OUTCOMES = ['success', 'failure', 'denied', 'unknown'] as const;
export const USER_KINDS = ['person', 'service', 'unknown'] as const;
/** What the attribution of a user rests on. */
export const USER_SOURCES = ['login-uid', 'process-uid', 'mtls', 'oidc', 'token', 'kubernetes', 'log', 'none'] as const;
export const PROTOCOLS = ['tcp', 'udp', 'icmp', 'sctp', 'other'] as const;
export const DIRECTIONS = ['inbound', 'outbound', 'internal', 'loopback'] as const;
export const OBSERVER_KINDS = ['agent', 'gateway', 'import', 'forward', 'system'] as const;

export type Action = (typeof ACTIONS)[number];
export type Outcome = (typeof OUTCOMES)[number];
export type UserKind = (typeof USER_KINDS)[number];
export type UserSource = (typeof USER_SOURCES)[number];
export type Protocol = (typeof PROTOCOLS)[number];
export type Direction = (typeof DIRECTIONS)[number];
export type ObserverKind = (typeof OBSERVER_KINDS)[number];

/** Everything that has no field of its own. Names and values are non-empty and bounded (see limits). */
export type Labels = Readonly<Record<string, string>>;

/**
 * One access, as it stands in the ledger. An absent field means unknown: there are no nulls and no empty strings.
 * Times are `YYYY-MM-DDTHH:MM:SS.ffffffZ`; integers are safe and not negative; addresses are canonical (RFC 5952).
 * What each field means stands in `FIELDS`.
 */
export type AccessRecord = {
  readonly v: 1;
  readonly timestamp: string;
  readonly action: Action;
  readonly outcome?: Outcome;
  readonly reason?: string;

  readonly user?: string;
  readonly user_id?: string;
  readonly user_kind?: UserKind;
  readonly user_source?: UserSource;

  readonly service?: string;
  readonly dest_service?: string;
  readonly src_ip?: string;
  readonly src_port?: number;
  readonly src_host?: string;
  readonly dest_ip?: string;
  readonly dest_port?: number;
  readonly dest_host?: string;
  readonly protocol?: Protocol;
  readonly app_protocol?: string;
  readonly direction?: Direction;
  readonly connection_id?: string;
  readonly session_id?: string;

  readonly bytes_in?: number;
  readonly bytes_out?: number;
  readonly packets_in?: number;
  readonly packets_out?: number;
  readonly duration_us?: number;
  readonly count?: number;
  readonly window_us?: number;

  readonly pid?: number;
  readonly ppid?: number;
  readonly process?: string;
  readonly parent?: string;
  readonly exe?: string;
  readonly cgroup?: string;
  readonly netns?: string;
  readonly container_id?: string;
  readonly container?: string;
  readonly image?: string;
  readonly pod?: string;
  readonly namespace?: string;
  readonly node?: string;
  readonly cluster?: string;

  readonly method?: string;
  readonly path?: string;
  readonly status?: string;
  readonly user_agent?: string;
  readonly statement?: string;

  readonly observer: string;
  readonly observer_kind: ObserverKind;
  readonly session: string;
  readonly seq: number;
  readonly source_format?: string;
  readonly original?: string;
  readonly labels?: Labels;
};

/** The observer's stream and the place in it, for input that carries none of its own. */
export type StreamStamp = Pick<AccessRecord, 'observer' | 'observer_kind' | 'session' | 'seq'>;
