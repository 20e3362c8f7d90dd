import path from 'node:path';
import {
  byteSize,
  choice,
  duration,
  filePath,
  flag,
  integer,
  list,
  networks,
  listenAddress,
  optionalPath,
  optionalText,
  text,
} from './kinds.ts';
import { AGE_MS_MAX, AGE_MS_MIN, retentionClasses, retentionRules } from './retention-kinds.ts';
import type { Setting } from './setting.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const TIB = 1024 * GIB;
const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
const RETENTION_RUNS = ['scheduled', 'by-command'] as const;
const CAPTURE_CHOICES = ['auto', 'ebpf', 'sock-diag', 'none'] as const;

/** Every key of portledger.yaml, in the order in which they are printed and documented. */
export const SETTINGS = {
  data: filePath('data', {
    about:
      'Folder that holds everything the product keeps: ledger, keys, index, spool. Made at first start with mode 0700.',
    env: 'PORTLEDGER_DATA',
    example: '/var/lib/portledger',
    fallback: (place) => path.join(place.checkout, 'var'),
  }),
  listen: listenAddress('listen', {
    about:
      'Address of the collector: API, doors and console. Port 0 takes a free one. Beyond loopback, put TLS before it.',
    env: 'PORTLEDGER_LISTEN',
    example: '127.0.0.1:7071',
    fallback: '127.0.0.1:7071',
  }),
  logLevel: choice('log.level', LOG_LEVELS, {
    about: 'How much the collector and the agent write to their log files.',
    env: 'PORTLEDGER_LOG_LEVEL',
    example: 'info',
    fallback: 'info',
  }),
  consoleEnabled: flag('console.enabled', {
    about: 'Whether the collector serves the web console.',
    example: 'true',
    fallback: true,
  }),
  origin: optionalText('ledger.origin', {
    about:
      'Name of the log in its checkpoints. Fixed at first start: a change later is refused, because it would be another log. Unset: made from the key of the log.',
    example: 'audit.example.com/portledger',
  }),
  sealInterval: duration('ledger.seal_interval', {
    about:
      'How long a record waits at most until its block is sealed and signed. Records are durable and searchable before that.',
    example: '1s',
    fallback: SECOND_MS,
    minimum: 100,
    maximum: 60 * SECOND_MS,
  }),
  highWater: optionalPath('ledger.high_water', {
    about:
      'File that remembers how far the ledger had come, so that one restored from an old backup is noticed. Best on another disk than the data folder. Unset: keys/high-water in the data folder.',
    example: '/srv/elsewhere/portledger.high-water',
  }),
  witnessPolicy: optionalPath('witnesses.policy', {
    about:
      'C2SP tlog-policy file that names the witnesses to have checkpoints cosigned by, each with its address. Unset: none is asked.',
    example: '/etc/portledger/witnesses.policy',
  }),
  witnessInterval: duration('witnesses.interval', {
    about: 'How often the witnesses are shown the newest checkpoint.',
    example: '10s',
    fallback: 10 * SECOND_MS,
    minimum: 100,
    maximum: 24 * HOUR_MS,
  }),
  timestampUrl: optionalText('timestamps.url', {
    about: 'Address of an RFC 3161 time stamp authority that stamps checkpoints. Unset: none is asked.',
    example: 'http://timestamp.example.com/tsa',
  }),
  timestampInterval: duration('timestamps.interval', {
    about: 'How often a checkpoint is stamped, where there is a new one.',
    example: '1h',
    fallback: HOUR_MS,
    minimum: SECOND_MS,
    maximum: 30 * 24 * HOUR_MS,
  }),
  timestampCaFile: optionalPath('timestamps.ca_file', {
    about:
      'Certificates (PEM) that the answers of the authority must lead to. Unset: its answers are stored whoever signed them, and checked by those who rely on them.',
    example: '/etc/portledger/tsa-ca.pem',
  }),
  bodyBytesMax: byteSize('collector.body_bytes_max', {
    about:
      'Largest request body that the door takes, at most half of the bytes in flight. Larger ones are refused with 413.',
    example: '32MiB',
    fallback: 32 * MIB,
    minimum: 64 * KIB,
    maximum: GIB,
  }),
  inFlightBytesMax: byteSize('collector.in_flight_bytes_max', {
    about: 'Bytes of bodies that may be in work at once. Beyond it senders get 429 and try again.',
    example: '192MiB',
    fallback: 192 * MIB,
    minimum: MIB,
    maximum: 64 * GIB,
  }),
  bodyTimeout: duration('collector.body_timeout', {
    about: 'How long a sender may take for one whole request body.',
    example: '60s',
    fallback: 60 * SECOND_MS,
    minimum: SECOND_MS,
    maximum: HOUR_MS,
  }),
  bodyIdleTimeout: duration('collector.body_idle_timeout', {
    about: 'How long a sender may pause within a request body.',
    example: '10s',
    fallback: 10 * SECOND_MS,
    minimum: SECOND_MS,
    maximum: HOUR_MS,
  }),
  headersTimeout: duration('collector.headers_timeout', {
    about: 'How long a sender may take for the header of a request.',
    example: '10s',
    fallback: 10 * SECOND_MS,
    minimum: SECOND_MS,
    maximum: HOUR_MS,
  }),
  hostsAllowed: list('collector.hosts_allowed', {
    about:
      'Names under which the collector may be called besides loopback ones (Host header; guards against DNS rebinding).',
    example: '[portledger.example.com]',
    fallback: [],
  }),
  trustedProxies: networks('collector.trusted_proxies', {
    about:
      'Addresses and CIDR blocks of proxies that end TLS before the collector. From them, and from nobody else, X-Forwarded-For tells who calls and X-Forwarded-Proto whether over TLS, so that the session cookie is Secure. The proxy must hand the Host header on.',
    example: '[127.0.0.1, 10.0.0.0/24]',
    fallback: [],
  }),
  indexMemoryMax: byteSize('index.memory_max', {
    about: 'Memory that the search index may take.',
    example: '1GiB',
    fallback: GIB,
    minimum: 64 * MIB,
    maximum: TIB,
  }),
  indexHotRecords: integer('index.hot_records', {
    about: 'Newest records kept in the hot table before they move to Parquet files.',
    example: '1000000',
    fallback: 1_000_000,
    minimum: 1000,
    maximum: 100_000_000,
  }),
  retentionDefault: duration('retention.default', {
    about: 'How long records are kept that no rule puts into another class.',
    example: '180d',
    fallback: 180 * 24 * HOUR_MS,
    minimum: AGE_MS_MIN,
    maximum: AGE_MS_MAX,
  }),
  retentionAudit: duration('retention.audit', {
    about: 'How long it is kept who read the log and signed in. What verification rests on is kept for good.',
    example: '1095d',
    fallback: 1_095 * 24 * HOUR_MS,
    minimum: AGE_MS_MIN,
    maximum: AGE_MS_MAX,
  }),
  retentionClasses: retentionClasses('retention.classes', {
    about: 'More classes with their ages; for-good keeps records for good.',
    example: '[payment=365d]',
    fallback: [],
  }),
  retentionRules: retentionRules('retention.rules', {
    about:
      'Which records belong to which class: the first rule that a record passes decides, for records written from then on. Fields as in docs/retention.md.',
    example: '[dest_port:5432 dest_host:pay-* => payment]',
    fallback: [],
  }),
  retentionRuns: choice('retention.runs', RETENTION_RUNS, {
    about: 'Whether the collector deletes by itself what has reached its age, or only when asked to.',
    example: 'scheduled',
    fallback: 'scheduled',
  }),
  retentionInterval: duration('retention.interval', {
    about: 'How often the collector deletes what has reached its age.',
    example: '1d',
    fallback: 24 * HOUR_MS,
    minimum: 60 * SECOND_MS,
    maximum: 20 * 24 * HOUR_MS,
  }),
  agentCollector: optionalText('agent.collector', {
    about: 'URL of the collector that the agent sends to. Unset: the one running on the same data folder.',
    example: 'https://portledger.example.com',
  }),
  agentTokenFile: optionalPath('agent.token_file', {
    about: "File with the agent's ingest token, mode 0600. Unset: keys/agent.token in the data folder.",
    example: '/etc/portledger/agent.token',
  }),
  observer: text('agent.observer', {
    about: 'Name under which this host reports.',
    example: 'web-7',
    fallback: (place) => place.hostName,
  }),
  capture: choice('agent.capture', CAPTURE_CHOICES, {
    about:
      'How connections are seen: by a kernel program (ebpf), by polling the sockets (sock-diag), the best that works here (auto), or not at all (none).',
    example: 'auto',
    fallback: 'auto',
  }),
  pollInterval: duration('agent.poll_interval', {
    about: 'How often sock-diag looks. Connections shorter than it are missed in that mode.',
    example: '250ms',
    fallback: 250,
    minimum: 20,
    maximum: 60 * SECOND_MS,
  }),
  heartbeatInterval: duration('agent.heartbeat_interval', {
    about: 'How often the agent reports that it lives, with its counters.',
    example: '15s',
    fallback: 15 * SECOND_MS,
    minimum: SECOND_MS,
    maximum: HOUR_MS,
  }),
  spoolDir: optionalPath('agent.spool.dir', {
    about: 'Where records wait while the collector is away. Unset: spool in the data folder.',
    example: '/var/lib/portledger/spool',
  }),
  spoolBytesMax: byteSize('agent.spool.max', {
    about: 'Most disk that the spool takes. Beyond it new records are counted as lost, and the loss is recorded.',
    example: '1GiB',
    fallback: 256 * MIB,
    minimum: MIB,
    maximum: TIB,
  }),
} as const;

/** A setting whose value's type does not matter to the caller. */
export type AnySetting = Setting<unknown>;

export const ALL_SETTINGS: readonly AnySetting[] = Object.values(SETTINGS);
