import { expect, test } from 'vitest';
import {
  ageText,
  longestKept,
  parseRetentionRule,
  retentionClassOf,
  retentionPolicyFault,
  type RetentionRule,
} from './retention-policy.ts';

function rule(text: string): RetentionRule {
  const parsed = parseRetentionRule(text);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
}

const RULES = [
  rule('dest_port:5432,6432 dest_host:pay-* => payment'),
  rule('labels.env:test => short'),
  rule('action:heartbeat => short'),
];

test.each([
  [{ dest_port: '5432', dest_host: 'pay-1' }, 'payment'],
  [{ dest_port: '6432', dest_host: 'pay-' }, 'payment'],
  [{ dest_port: '5432', dest_host: 'db-1' }, 'default'],
  [{ dest_port: '5432' }, 'default'],
  [{ 'labels.env': 'test', dest_port: '5432' }, 'short'],
  [{ 'labels.env': 'testing' }, 'default'],
  [{ action: 'heartbeat' }, 'short'],
  [{}, 'default'],
] satisfies [Record<string, string>, string][])('%j is kept as %s', (fields, expected) => {
  const values = new Map<string, string>(Object.entries(fields));
  expect(retentionClassOf(RULES, (field) => values.get(field))).toBe(expected);
});

test.each([
  ['dest_port:5432', 'is no rule'],
  ['=> payment', 'is no rule'],
  ['user:alice => payment', 'tests no field of these'],
  ['dest_port => payment', 'tests no field of these'],
  ['dest_port:1,,2 => payment', 'has an empty value'],
  ['dest_port:1 => Payment', 'is no class'],
  ['dest_port:1 => system', 'for the collector'],
])('%s is refused: %s', (text, reason) => {
  const parsed = parseRetentionRule(text);
  expect(parsed.ok ? '' : parsed.fault).toContain(reason);
});

test('a policy must have an age for each class that a rule names, once', () => {
  const classes = [
    { name: 'default', ageMs: 1 },
    { name: 'payment', ageMs: 2 },
  ];
  expect(retentionPolicyFault({ classes, rules: RULES })).toContain('short');
  expect(retentionPolicyFault({ classes: [...classes, { name: 'short' }], rules: RULES })).toBeUndefined();
  expect(retentionPolicyFault({ classes: [...classes, { name: 'default' }], rules: [] })).toContain('twice');
});

test('what must stay together goes to the class that is kept longest', () => {
  const classes = [{ name: 'default', ageMs: 1 }, { name: 'payment', ageMs: 2 }, { name: 'good' }];
  expect(longestKept(classes, new Set(['default', 'payment']))).toBe('payment');
  expect(longestKept(classes, new Set(['good', 'payment']))).toBe('good');
});

test('ages are written in the largest unit that is exact', () => {
  expect([180 * 86_400_000, 36 * 3_600_000, 90_000, 90_001].map(ageText)).toEqual(['180d', '36h', '90s', '91s']);
});
