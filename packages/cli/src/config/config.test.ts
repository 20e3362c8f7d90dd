import { describe, expect, test } from 'vitest';
import { formatConfigFault } from './config-fault.ts';
import { readConfig } from './config.ts';
import type { ConfigInputs } from './config.ts';
import { ALL_SETTINGS, SETTINGS } from './settings.ts';

const INPUTS: ConfigInputs = {
  place: { checkout: '/srv/checkout', hostName: 'web-7' },
  workingDir: '/home/alice',
  environment: {},
  flags: [],
  file: undefined,
};

function file(content: string, name = '/etc/portledger/portledger.yaml'): Partial<ConfigInputs> {
  return { file: { name, content } };
}

function faultsOf(inputs: Partial<ConfigInputs>): string[] {
  const config = readConfig({ ...INPUTS, ...inputs });
  return config.ok ? [] : config.fault.map(formatConfigFault);
}

function configOf(inputs: Partial<ConfigInputs>) {
  const config = readConfig({ ...INPUTS, ...inputs });
  if (!config.ok) throw new Error(config.fault.map(formatConfigFault).join('\n'));
  return config.value;
}

describe('configuration', () => {
  test('needs no file: every key has a default that it accepts itself', () => {
    const config = configOf({});
    for (const setting of ALL_SETTINGS) {
      const shown = setting.show(config.get(setting));
      if (shown === '') continue;
      expect(setting.parse(shown, '/'), setting.path).toEqual({ ok: true, value: config.get(setting) });
      expect(config.originOf(setting)).toBe('default');
    }
    expect(config.get(SETTINGS.data)).toBe('/srv/checkout/var');
    expect(config.get(SETTINGS.observer)).toBe('web-7');
  });

  test('every example is accepted', () => {
    for (const { path, example } of ALL_SETTINGS) {
      const [section, ...rest] = path.split('.').reverse();
      const yaml = rest.reduce((inner, name) => `{ ${name}: ${inner} }`, `{ ${section}: ${JSON.stringify(example)} }`);
      if (example.startsWith('[')) continue;
      expect(
        faultsOf(file(/^(true|\d+)$/.test(example) ? yaml.replaceAll('"', '').replaceAll(':', ': ') : yaml)),
        path,
      ).toEqual([]);
    }
  });

  test('flags come before the environment, that before the file, that before defaults; each value tells its origin', () => {
    const yaml = 'listen: 127.0.0.1:1\ndata: below\nlog:\n  level: debug\nagent:\n  capture: none\n';
    const config = configOf({
      ...file(yaml),
      environment: { PORTLEDGER_LISTEN: '127.0.0.1:2', PORTLEDGER_LOG_LEVEL: 'warn', PORTLEDGER_DATA: '' },
      flags: [{ setting: SETTINGS.listen, flag: '--listen', raw: '127.0.0.1:3' }],
    });
    expect(config.get(SETTINGS.listen)).toBe('127.0.0.1:3');
    expect(config.originOf(SETTINGS.listen)).toBe('--listen');
    expect(config.get(SETTINGS.logLevel)).toBe('warn');
    expect(config.originOf(SETTINGS.logLevel)).toBe('PORTLEDGER_LOG_LEVEL');
    expect(config.get(SETTINGS.capture)).toBe('none');
    expect(config.originOf(SETTINGS.capture)).toBe('/etc/portledger/portledger.yaml:6');
    expect(config.get(SETTINGS.data)).toBe('/etc/portledger/below');
  });

  test('relative paths start at the file, or at the working directory for flags and environment', () => {
    const flags = [{ setting: SETTINGS.spoolDir, flag: '--spool', raw: 'spool' }];
    const config = configOf({ environment: { PORTLEDGER_DATA: 'var' }, flags });
    expect(config.get(SETTINGS.data)).toBe('/home/alice/var');
    expect(config.get(SETTINGS.spoolDir)).toBe('/home/alice/spool');
  });

  test('all faults are told at once, each with its place and remedy', () => {
    const yaml = [
      'data: /tmp/x',
      'listne: 127.0.0.1:7071',
      'listen: 127.0.0.1:99999',
      'log:',
      '  level: verbos',
      'agent:',
      '  captur: ebpf',
      '  spool: big',
      '  poll_interval: 5 seconds',
      '  poll_interval: 250ms',
      'seal_interval: 1s',
      'index: ',
      'console: { enabled: yes }',
      'frobnicate: 1',
    ].join('\n');
    expect(
      faultsOf({
        ...file(yaml, 'portledger.yaml'),
        environment: { PORTLEDGER_LOG_LEVLE: 'warn', PORTLEDGER_TEST_RUN: '1' },
      }),
    ).toEqual([
      'portledger.yaml:2:1: listne: unknown key; did you mean listen?',
      'portledger.yaml:3:1: listen: 99999 is not a port: the highest is 65535',
      'portledger.yaml:5:3: log.level: "verbos" is not one of error, warn, info, debug',
      'portledger.yaml:7:3: agent.captur: unknown key; did you mean agent.capture?',
      'portledger.yaml:8:3: agent.spool: is a section, not a value; put its keys on the lines below, indented: dir, max',
      'portledger.yaml:9:3: agent.poll_interval: "5 seconds" is not a duration: write 5s',
      'portledger.yaml:10:3: agent.poll_interval: given twice, first on line 9; keep one of them',
      'portledger.yaml:11:1: seal_interval: unknown key; did you mean ledger.seal_interval?',
      'portledger.yaml:13:12: console.enabled: "yes" is not one of true, false',
      'portledger.yaml:14:1: frobnicate: unknown key; remove it; `portledger config print` lists every key',
      'PORTLEDGER_LOG_LEVLE: unknown variable; did you mean PORTLEDGER_LOG_LEVEL?',
    ]);
  });

  test.each([
    ['listen: [1', 'not valid YAML'],
    ['agent:\n\tobserver: x', ':2:1: not valid YAML: a tab stands where the line is indented; indent with spaces'],
    ['agent:\n  observer: a: b', ':2:13: not valid YAML: a second `key: value` stands'],
    ['agent:\n   observer: a\n  capture: none', ':3:1: not valid YAML: the line is indented more or less'],
    ['listen: "a\nagent: {}', 'not valid YAML: a quote is not closed before here'],
    ['listen 127.0.0.1:1\ndata: x', 'not valid YAML: a key goes over several lines'],
    ['data: x\nlisten', ':2:1: not valid YAML: a key has no value; write `key: value`'],
    ['data: x\n---\ndata: y', ':2:1: not valid YAML: a second document begins here (---); keep one document'],
    ['- a\n- b', 'not a mapping of keys'],
    ['just text', 'not a mapping of keys'],
    ['agent:\n  capture:', 'has no value'],
    ['agent: { spool: { max: 8M } }', 'write 8MiB'],
    ['ledger: { seal_interval: 1ms }', 'less than the least, 100ms'],
    ['index: { memory_max: 100TiB }', 'more than the most, 1TiB'],
    ['index: { hot_records: many }', 'not a whole number'],
    ['collector: { hosts_allowed: 3 }', 'write a list'],
    ['collector: { trusted_proxies: [10.0.0.0/33] }', '"10.0.0.0/33" is neither an IP address nor a CIDR block'],
    ['collector: { trusted_proxies: [proxy] }', '"proxy" is neither'],
    ['data: ""', 'write a path'],
    ['agent: { capture: { mode: ebpf } }', 'has no value that can be read'],
  ])('%j is refused: %s', (content, message) => {
    expect(faultsOf(file(content)).join('\n')).toContain(message);
  });

  test.each(['', '# nothing but a comment\n', 'agent:\n', '---\n'])('%j is in order', (content) => {
    expect(faultsOf(file(content))).toEqual([]);
  });

  test('aliases mean what they point to', () => {
    const config = configOf(file('agent: { heartbeat_interval: &slow 30s }\ncollector: { body_timeout: *slow }'));
    expect(config.get(SETTINGS.bodyTimeout)).toBe(30_000);
  });
});
