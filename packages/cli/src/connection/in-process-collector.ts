import type { Config } from '../config/config.ts';
import type { Invocation } from '../invocation.ts';
import type { ApiClient } from './api-client.ts';

export type RunningCollector = {
  readonly url: string;
  readonly vkey: string;
  signInUrl(): string;
  close(): Promise<void>;
};

export function startCollectorOf(_invocation: Invocation, _config: Config): Promise<RunningCollector> {
  return Promise.reject(new Error('the collector is not there yet'));
}

export function openInProcess(
  _invocation: Invocation,
  _config: Config,
): Promise<AsyncDisposable & { readonly client: ApiClient }> {
  return Promise.reject(new Error('the collector is not there yet'));
}
