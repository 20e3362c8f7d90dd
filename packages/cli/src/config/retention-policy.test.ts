import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { retentionPolicyOf } from './retention-policy.ts';

const DAY_MS = 86_400_000;

function read(content: string): ReturnType<typeof readConfig> {
  const place = { checkout: '/checkout', hostName: 'host' };
  return readConfig({ place, workingDir: '/', environment: {}, flags: [], file: { name: 'portledger.yaml', content } });
}

function faultsOf(content: string): readonly string[] {
  const config = read(content);
  return config.ok ? [] : config.fault.map(({ path, message }) => `${path}: ${message}`);
}

describe('the retention policy of a configuration', () => {
  test('has the three classes of the product without a word of it', () => {
    const config = read('');
    if (!config.ok) throw new Error('refused');
    const policy = retentionPolicyOf((setting) => config.value.get(setting));
    expect(policy).toEqual({
      ok: true,
      value: {
        classes: [
          { name: 'default', ageMs: 180 * DAY_MS },
          { name: 'audit', ageMs: 1_095 * DAY_MS },
          { name: 'system' },
        ],
        rules: [],
      },
    });
  });

  test('takes classes and rules', () => {
    const config = read(
      'retention:\n  default: 30d\n  classes: [payment=365d, evidence=for-good]\n  rules:\n    - dest_port:5432,6432 dest_host:pay-* => payment\n    - labels.case:* => evidence\n',
    );
    if (!config.ok) throw new Error(JSON.stringify(config.fault));
    const policy = retentionPolicyOf((setting) => config.value.get(setting));
    expect(policy.ok && policy.value.classes.map(({ name, ageMs }) => [name, ageMs])).toEqual([
      ['default', 30 * DAY_MS],
      ['audit', 1_095 * DAY_MS],
      ['system', undefined],
      ['payment', 365 * DAY_MS],
      ['evidence', undefined],
    ]);
    expect(policy.ok && policy.value.rules).toHaveLength(2);
  });

  test.each([
    ['retention: { default: 180 }', 'retention.default'],
    ['retention: { classes: [payment] }', 'not a duration'],
    ['retention: { classes: [payment=1m] }', 'from 1h'],
    ['retention: { rules: ["user:alice => payment"] }', 'tests no field'],
    ['retention: { rules: ["dest_port:1 => payment"] }', 'without an age'],
    ['retention: { classes: [system=1d] }', 'given twice'],
  ])('refuses %s', (content, reason) => {
    expect(faultsOf(content).join('\n')).toContain(reason);
  });
});
