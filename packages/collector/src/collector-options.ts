import type { RetentionPolicy } from '@portledger/format';
import type { Logger } from 'pino';
import {
  BODY_BYTES_MAX,
  BODY_IDLE_TIMEOUT_MS,
  BODY_TIMEOUT_MS,
  HEADERS_TIMEOUT_MS,
  IN_FLIGHT_BYTES_MAX,
} from './limits.ts';

export const LISTEN_HOST = '127.0.0.1';
export const LISTEN_PORT = 7071;

/** How a collector is to run. All but the data folder may be left out; defaults of limits stand in `limits.ts`. */
export type CollectorOptions = {
  /** The data folder; made when missing, mode 0700. */
  readonly dataDir: string;
  /**
   * What the folder is opened for. A `command` reads or writes once and is gone: what is read is recorded, but neither a
   * start nor changed options, for nothing watched or served meanwhile. By default `service`.
   */
  readonly opening?: 'service' | 'command';
  /** By default 127.0.0.1:7071. Port 0 takes a free one. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Name of the log in its checkpoints; fixed by the first start. */
  readonly origin?: string;
  /** Name of this host: the collector's own observer is `<host>/collector`. By default the system's host name. */
  readonly hostName?: string;
  /** Observer that the local agent's token writes as. By default the host's name. */
  readonly agentObserver?: string;
  /** Names, besides loopback ones and IP addresses, that requests may be addressed to. */
  readonly hostNames?: readonly string[];
  /** Addresses and CIDR blocks of proxies before it: who calls, and whether over TLS, is then told by their headers. */
  readonly trustedProxies?: readonly string[];
  /** The built console (a folder with index.html); without it no console is served. */
  readonly consoleDir?: string;
  readonly sealIntervalMs?: number;
  /** One body in bytes, as sent and decompressed. */
  readonly bodyBytesMax?: number;
  readonly inFlightBytesMax?: number;
  readonly bodyTimeoutMs?: number;
  readonly bodyIdleTimeoutMs?: number;
  readonly headersTimeoutMs?: number;
  readonly indexMemoryBytesMax?: number;
  readonly indexHotRecordsMax?: number;
  /** Which class a record belongs to and how long classes are kept; by default 180 days for all. */
  readonly retention?: RetentionPolicy;
  /** Milliseconds between two runs that delete what has reached its age; by default none runs by itself. */
  readonly retentionIntervalMs?: number;
  /** Epoch microseconds; by default the system's clock, which never goes back. */
  readonly clock?: () => number;
  /** A C2SP tlog-policy file: its witnesses with an address are asked to cosign. Without it none is. */
  readonly witnessPolicyFile?: string;
  readonly witnessIntervalMs?: number;
  /** An RFC 3161 time stamp authority that stamps checkpoints. Without it none is stamped. */
  readonly timestampUrl?: string;
  readonly timestampIntervalMs?: number;
  /** PEM file of the certificates that its answers must lead to; without it any authority is believed. */
  readonly timestampCaFile?: string;
  /** Where the ledger's high-water mark is kept; by default `keys/high-water` of the data folder. */
  readonly highWaterFile?: string;
  /** Goes on with a ledger that was set back, which is recorded. Without it such a ledger is not opened. */
  readonly acceptRestored?: boolean;
  /** Where the collector logs; by default JSON lines on stderr at `logLevel`. */
  readonly log?: Logger;
  readonly logLevel?: 'error' | 'warn' | 'info' | 'debug';
};

export type DoorLimits = {
  readonly bodyBytesMax: number;
  readonly inFlightBytesMax: number;
  readonly bodyTimeoutMs: number;
  readonly bodyIdleTimeoutMs: number;
  readonly headersTimeoutMs: number;
};

/** The door's limits with their defaults. A body never exceeds what one request may hold of the bytes in flight. */
export function doorLimits(options: CollectorOptions): DoorLimits {
  const inFlightBytesMax = options.inFlightBytesMax ?? IN_FLIGHT_BYTES_MAX;
  const bodyTimeoutMs = options.bodyTimeoutMs ?? BODY_TIMEOUT_MS;
  return {
    inFlightBytesMax,
    bodyBytesMax: Math.min(options.bodyBytesMax ?? BODY_BYTES_MAX, Math.floor(inFlightBytesMax / 2)),
    bodyTimeoutMs,
    bodyIdleTimeoutMs: Math.min(options.bodyIdleTimeoutMs ?? BODY_IDLE_TIMEOUT_MS, bodyTimeoutMs),
    headersTimeoutMs: options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS,
  };
}

/** The options that the ledger's reader may want to know the history of: what changed is a record. */
export function auditedOptions(options: CollectorOptions): Readonly<Record<string, string>> {
  const { dataDir, listen, hostNames, trustedProxies, sealIntervalMs, indexMemoryBytesMax, indexHotRecordsMax } =
    options;
  const audited = {
    dataDir,
    listen,
    hostNames,
    trustedProxies,
    sealIntervalMs,
    indexMemoryBytesMax,
    indexHotRecordsMax,
    retentionIntervalMs: options.retentionIntervalMs,
    witnessPolicyFile: options.witnessPolicyFile,
    witnessIntervalMs: options.witnessIntervalMs,
    timestampUrl: options.timestampUrl,
    timestampIntervalMs: options.timestampIntervalMs,
    ...doorLimits(options),
  };
  return Object.fromEntries(
    Object.entries(audited).flatMap(([name, value]) => (value === undefined ? [] : [[name, JSON.stringify(value)]])),
  );
}
