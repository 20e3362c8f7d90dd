import type { Command } from 'commander';
import { formatListenAddress, parseListenAddress } from '../config/listen-address.ts';
import type { FlagValue } from '../config/config.ts';
import { SETTINGS } from '../config/settings.ts';
import type { GivenOptions } from '../given-options.ts';

export function addDataOptions(command: Command): Command {
  return command
    .option('--data <dir>', 'data folder (PORTLEDGER_DATA; default: var in the checkout)')
    .option('--config <file>', 'configuration file (PORTLEDGER_CONFIG)')
    .option('--log-level <level>', 'error, warn, info or debug (PORTLEDGER_LOG_LEVEL)');
}

export function addListenOptions(command: Command): Command {
  return command
    .option('--listen <host:port>', 'address of the collector (PORTLEDGER_LISTEN; default: 127.0.0.1:7071)')
    .option('--no-console', 'do not serve the web console');
}

/** The options that `up`, `collector` and `agent` share with the configuration. */
export function settingFlags(given: GivenOptions): FlagValue[] {
  const flags: FlagValue[] = [];
  const text = (name: string, flag: string, setting: FlagValue['setting']) => {
    const raw = given.text(name);
    if (raw !== undefined) flags.push({ setting, flag, raw });
  };
  text('data', '--data', SETTINGS.data);
  text('logLevel', '--log-level', SETTINGS.logLevel);
  text('observer', '--observer', SETTINGS.observer);
  text('spool', '--spool', SETTINGS.spoolDir);
  text('collector', '--collector', SETTINGS.agentCollector);
  text('tokenFile', '--token-file', SETTINGS.agentTokenFile);
  text('capture', '--capture', SETTINGS.capture);
  const listen = given.text('listen');
  if (listen !== undefined) flags.push({ setting: SETTINGS.listen, flag: '--listen', raw: listen });
  // Commander sets a --no-… option to true when it was not given: only false says something.
  if (given.flag('console') === false)
    flags.push({ setting: SETTINGS.consoleEnabled, flag: '--no-console', raw: false });
  if (given.flag('capture') === false) flags.push({ setting: SETTINGS.capture, flag: '--no-capture', raw: 'none' });
  return flags;
}

/** The address to listen on at a restart: a port that the system chose stays the same. */
export function pinnedListen(listen: string, url: string | undefined): string {
  const parsed = parseListenAddress(listen);
  if (!parsed.ok || parsed.value.port !== 0 || url === undefined) return listen;
  return formatListenAddress({ host: parsed.value.host, port: Number(new URL(url).port) });
}
