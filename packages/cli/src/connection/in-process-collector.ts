import { setTimeout as delay } from 'node:timers/promises';
import type { CollectorOptions } from '@portledger/collector';
import type { Config } from '../config/config.ts';
import { formatListenAddress, parseListenAddress } from '../config/listen-address.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import { retentionPolicyOf } from '../config/retention-policy.ts';
import { SETTINGS } from '../config/settings.ts';
import { consoleDirOf } from './console-dir.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import type { Invocation } from '../invocation.ts';
import { CATCH_UP_POLL_MS } from '../limits.ts';
import { groupDigits } from '../output/amounts.ts';
import { isObject } from '../output/hit.ts';
import { Progress } from '../output/progress.ts';
import { ApiClient } from './api-client.ts';
import { startFailure } from './start-failure.ts';

/** What the commands need of a collector that runs in this process. */
export type OwnCollector = {
  readonly url: string;
  readonly vkey: string;
  readonly adminToken: string;
  signInUrl(): string;
  close(): Promise<void>;
};

/** Starts the collector that the configuration describes. Throws a Failure with its remedy when it can't be started. */
export function startCollectorOf(invocation: Invocation, config: Config): Promise<OwnCollector> {
  const consoleDir = config.get(SETTINGS.consoleEnabled) ? consoleDirOf(invocation.checkout) : undefined;
  return start(config, {
    listen: addressOf(config),
    logLevel: config.get(SETTINGS.logLevel),
    ...(consoleDir === undefined ? {} : { consoleDir }),
  });
}

/** Opens a ledger that was set back, which is recorded in it, and closes it again. */
export async function acceptRestoredLedger(config: Config): Promise<void> {
  const listen = { host: '127.0.0.1', port: 0 };
  const own = await start(config, { listen, logLevel: 'error', opening: 'command', acceptRestored: true });
  await own.close();
}

/**
 * Opens a data folder that no collector has open: the same collector, reachable on a loopback port of its own for as long
 * as the command runs, so that one path serves both cases. Resolves once its index has caught up.
 */
export async function openInProcess(
  invocation: Invocation,
  config: Config,
): Promise<AsyncDisposable & { readonly client: ApiClient }> {
  const own = await start(config, { listen: { host: '127.0.0.1', port: 0 }, logLevel: 'error', opening: 'command' });
  const client = new ApiClient(own.url, own.adminToken);
  const opened = { client, [Symbol.asyncDispose]: () => own.close() };
  try {
    await catchUp(invocation, client);
    return opened;
  } catch (error) {
    await own.close();
    throw error;
  }
}

type StartOptions = {
  readonly listen: ListenAddress;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  readonly consoleDir?: string;
  readonly opening?: 'command';
  readonly acceptRestored?: boolean;
};

async function start(config: Config, options: StartOptions): Promise<OwnCollector> {
  const dataDir = config.get(SETTINGS.data);
  const origin = config.get(SETTINGS.origin);
  try {
    // The collector brings a database along: only the commands that need it wait for it to be loaded.
    const { startCollector } = await import('@portledger/collector');
    return await startCollector({
      dataDir,
      agentObserver: config.get(SETTINGS.observer),
      hostNames: config.get(SETTINGS.hostsAllowed),
      trustedProxies: config.get(SETTINGS.trustedProxies),
      sealIntervalMs: config.get(SETTINGS.sealInterval),
      bodyBytesMax: config.get(SETTINGS.bodyBytesMax),
      inFlightBytesMax: config.get(SETTINGS.inFlightBytesMax),
      bodyTimeoutMs: config.get(SETTINGS.bodyTimeout),
      bodyIdleTimeoutMs: config.get(SETTINGS.bodyIdleTimeout),
      headersTimeoutMs: config.get(SETTINGS.headersTimeout),
      indexMemoryBytesMax: config.get(SETTINGS.indexMemoryMax),
      indexHotRecordsMax: config.get(SETTINGS.indexHotRecords),
      ...anchorOptions(config),
      ...retentionOf(config),
      ...(origin === undefined ? {} : { origin }),
      ...options,
    });
  } catch (error) {
    throw startFailure(error, { dataDir, listen: formatListenAddress(options.listen) });
  }
}

/** Who outside of this host is to see the log. */
function anchorOptions(config: Config) {
  const witnessPolicyFile = config.get(SETTINGS.witnessPolicy);
  const highWaterFile = config.get(SETTINGS.highWater);
  const timestampUrl = config.get(SETTINGS.timestampUrl);
  const timestampCaFile = config.get(SETTINGS.timestampCaFile);
  return {
    witnessIntervalMs: config.get(SETTINGS.witnessInterval),
    timestampIntervalMs: config.get(SETTINGS.timestampInterval),
    ...(witnessPolicyFile === undefined ? {} : { witnessPolicyFile }),
    ...(highWaterFile === undefined ? {} : { highWaterFile }),
    ...(timestampUrl === undefined ? {} : { timestampUrl }),
    ...(timestampCaFile === undefined ? {} : { timestampCaFile }),
  };
}

/** The policy, which reading the configuration has checked, and how often it is applied. */
function retentionOf(config: Config): Pick<CollectorOptions, 'retention' | 'retentionIntervalMs'> {
  const policy = retentionPolicyOf((setting) => config.get(setting));
  if (!policy.ok) throw new Error(`unchecked retention policy: ${policy.fault}`);
  const runs = config.get(SETTINGS.retentionRuns) === 'scheduled';
  return {
    retention: policy.value,
    ...(runs ? { retentionIntervalMs: config.get(SETTINGS.retentionInterval) } : {}),
  };
}

function addressOf(config: Config): ListenAddress {
  const address = parseListenAddress(config.get(SETTINGS.listen));
  if (!address.ok) throw new Error(`unchecked address: ${address.fault}`);
  return address.value;
}

async function catchUp(invocation: Invocation, client: ApiClient): Promise<void> {
  const progress = new Progress(invocation.terminal);
  let lagAtFirst = 0;
  try {
    for (;;) {
      const status = await client.json('/v1/status', { signal: invocation.stop });
      const index = isObject(status) && isObject(status['index']) ? status['index'] : {};
      const lag = Number(index['lag_records'] ?? 0);
      const failure = index['failure'];
      if (typeof failure === 'string') throw indexFailure(failure);
      if (lag === 0) return;
      lagAtFirst = Math.max(lagAtFirst, lag);
      progress.update(`indexing, ${groupDigits(lag)} records to go`, lagAtFirst - lag, lagAtFirst);
      await delay(CATCH_UP_POLL_MS, undefined, { signal: invocation.stop });
    }
  } finally {
    progress.end();
  }
}

function indexFailure(reason: string): Failure {
  const remedy = 'build it anew: `portledger index rebuild`; the ledger itself is not touched by it';
  return new Failure(EXIT.failed, `the search index has failed: ${reason}`, remedy);
}
