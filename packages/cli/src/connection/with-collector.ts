import { SETTINGS } from '../config/settings.ts';
import type { GivenOptions } from '../given-options.ts';
import type { Invocation } from '../invocation.ts';
import type { ApiClient } from './api-client.ts';
import { configOf, findCollector, runningClient } from './collector-target.ts';
import { openInProcess } from './in-process-collector.ts';

/** Runs `work` with the collector that runs, or with one opened in this process on a data folder that nobody has open. */
export async function withCollector<T>(
  invocation: Invocation,
  given: GivenOptions,
  work: (client: ApiClient, stoppedDataDir: string | undefined) => Promise<T>,
): Promise<T> {
  const target = await findCollector(invocation, given);
  if (target.kind === 'running') return work(target.client, undefined);
  await using opened = await openInProcess(invocation, target.config);
  return await work(opened.client, target.dataDir);
}

/** The same, but a data folder that does not exist yet is made: the first thing done with it may be an import. */
export async function withCollectorOrNew<T>(
  invocation: Invocation,
  given: GivenOptions,
  work: (client: ApiClient) => Promise<T>,
): Promise<T> {
  const named =
    given.text('server') ??
    (given.text('data') === undefined ? invocation.environment['PORTLEDGER_SERVER'] : undefined);
  if (named !== undefined && named !== '') return withCollector(invocation, given, work);
  const config = await configOf(invocation, given);
  const running = await runningClient(config.get(SETTINGS.data));
  if (running !== undefined) return work(running);
  await using opened = await openInProcess(invocation, config);
  return await work(opened.client);
}
