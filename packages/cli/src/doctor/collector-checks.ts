import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { parseListenAddress } from '../config/listen-address.ts';
import { ApiClient } from '../connection/api-client.ts';
import { consoleDirOf } from '../connection/console-dir.ts';
import { readRunFile } from '../connection/run-file.ts';
import { messageOf, systemCodeOf } from '../failure.ts';
import { isObject } from '../output/hit.ts';
import { broken, good, limited } from './finding.ts';
import type { Finding } from './finding.ts';

const CLOCK_OFFSET_MS_MAX = 1000;

export type CollectorPlace = { readonly dataDir: string; readonly listen: string; readonly checkout: string };

/** The collector that runs on the data folder, or, when none does, whether one could. */
export async function collectorChecks(place: CollectorPlace): Promise<Finding[]> {
  const run = await readRunFile(place.dataDir).catch((error: unknown) => messageOf(error));
  if (typeof run === 'string')
    return [limited('collector', run, 'run doctor as the user that runs the collector (sudo)')];
  const consoleBuilt = consoleCheck(place.checkout);
  if (run === undefined) {
    const notRunning = limited('collector', `none is running on ${place.dataDir}`, 'start one with `portledger up`');
    return [notRunning, await portCheck(place.listen), consoleBuilt];
  }
  const client = new ApiClient(run.url, run.token);
  if (!(await client.isHealthy())) {
    const log = path.join(place.dataDir, 'log', 'collector.log');
    return [
      broken('collector', `process ${run.pid} does not answer at ${run.url}`, `look into ${log}, and start it anew`),
      consoleBuilt,
    ];
  }
  const status = await client.json('/v1/status').catch((error: unknown) => messageOf(error));
  return [...statusChecks(run.url, status), consoleBuilt];
}

function statusChecks(url: string, status: unknown): Finding[] {
  if (!isObject(status))
    return [broken('collector', `${url} does not tell its status: ${String(status)}`, 'look into its log')];
  const findings = [good('collector', `${url}, version ${String(status['version'])}`)];
  const observers = Array.isArray(status['observers']) ? status['observers'].filter(isObject) : [];
  for (const observer of observers) {
    const lost = Number(observer['lost'] ?? 0);
    const name = `observer ${String(observer['observer'])}`;
    if (lost > 0)
      findings.push(
        limited(
          name,
          `${lost} records were lost before they were stored`,
          'see `portledger search action:records-lost`',
        ),
      );
    else findings.push(good(name, `last seen ${String(observer['last_seen'])}`));
  }
  return findings;
}

async function portCheck(listen: string): Promise<Finding> {
  const address = parseListenAddress(listen);
  if (!address.ok) return broken('port', address.fault, 'give another one with --listen HOST:PORT');
  const server = createServer();
  try {
    server.listen(address.value.port, address.value.host);
    await once(server, 'listening');
    return good('port', `${listen} is free`);
  } catch (error) {
    const why =
      systemCodeOf(error) === 'EADDRINUSE'
        ? 'is in use by another program'
        : `can’t be listened on: ${messageOf(error)}`;
    return broken(
      'port',
      `${listen} ${why}`,
      'give another one with --listen HOST:PORT, or stop what holds it (ss -ltnp shows it)',
    );
  } finally {
    server.close();
  }
}

function consoleCheck(checkout: string): Finding {
  if (consoleDirOf(checkout) !== undefined) return good('console', 'built');
  return limited('console', 'not built: there is an API, but no web page', 'npm run build:console, or npm start');
}

/** The clock, told by whether something keeps it: a wrong one puts wrong times into the evidence. */
export async function clockCheck(): Promise<Finding> {
  const signs = [
    '/run/systemd/timesync/synchronized',
    '/run/chrony',
    '/run/ntpd.pid',
    '/var/lib/chrony/drift',
    '/run/openntpd.pid',
  ];
  const seen = await Promise.all(
    signs.map((file) =>
      stat(file).then(
        () => file,
        () => undefined,
      ),
    ),
  );
  const sign = seen.find((file) => file !== undefined);
  const year = new Date().getFullYear();
  if (year < 2025)
    return broken('clock', `says ${new Date().toISOString()}`, 'set it, and keep it with chrony or systemd-timesyncd');
  if (sign !== undefined) return good('clock', `is kept (${sign})`);
  const text = `nothing was found that keeps it (it may drift by more than ${CLOCK_OFFSET_MS_MAX} ms)`;
  return limited('clock', text, 'run chrony or systemd-timesyncd; in a virtual machine the host may do it');
}
