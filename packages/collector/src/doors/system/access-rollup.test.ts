import { expect, test } from 'vitest';
import type { Principal } from '../../auth/principal.ts';
import { ACCESS_GATHER_MS, ACCESS_RECORD_QUESTIONS_MAX, ACCESS_ROLLUP_MS } from '../../limits.ts';
import { AccessRollup } from './access-rollup.ts';
import { readingLabels } from './reading-labels.ts';

const alice: Principal = { kind: 'session', name: 'alice', role: 'read', observer: '' };
const bob: Principal = { ...alice, name: 'bob' };
const T0 = 1_000_000;

test('the questions of a page are one record, which tells each of them', () => {
  const rollup = new AccessRollup();
  const page = [
    { kind: 'search', query: 'timestamp:[now-1h TO *]' },
    { kind: 'histogram', query: '' },
    { kind: 'top', query: 'timestamp:[now-1h TO *]', field: 'user' },
    { kind: 'top', query: 'timestamp:[now-1h TO *]', field: 'action' },
    { kind: 'tail', query: 'user:eve' },
  ] as const;
  for (const [at, reading] of page.entries()) expect(rollup.add(alice, reading, T0 + at)).toBeUndefined();
  expect(rollup.due(T0 + ACCESS_GATHER_MS - 1)).toEqual([]);
  const [read, ...more] = rollup.due(T0 + ACCESS_GATHER_MS);
  expect(more).toEqual([]);
  expect(read).toMatchObject({ principal: alice, count: 5, windowUs: ACCESS_GATHER_MS * 1_000 });
  expect(readingLabels(read?.readings ?? [])).toEqual({
    kind: 'search, histogram, top, tail',
    fields: 'user, action',
    query: 'timestamp:[now-1h TO *]\nuser:eve',
  });
});

test('repeats within a minute are one record more; a new question does not wait for it', () => {
  const rollup = new AccessRollup();
  const polled = { kind: 'histogram', query: 'user:eve' } as const;
  rollup.add(alice, polled, T0);
  expect(rollup.due(T0 + 1_000)).toMatchObject([{ count: 1, readings: [polled] }]);
  for (let at = 5_000; at < 50_000; at += 5_000) rollup.add(alice, polled, T0 + at);
  const other = { kind: 'search', query: 'user:mallory' } as const;
  rollup.add(alice, other, T0 + 50_000);
  expect(rollup.due(T0 + 51_000)).toMatchObject([{ count: 1, readings: [other] }]);
  expect(rollup.due(T0 + ACCESS_ROLLUP_MS)).toMatchObject([{ count: 9, readings: [polled] }]);
  expect(rollup.due(T0 + 2 * ACCESS_ROLLUP_MS)).toEqual([]);
});

test('principals are told apart, and the end of the collector takes all out', () => {
  const rollup = new AccessRollup();
  rollup.add(alice, { kind: 'record', query: '5/1' }, T0);
  rollup.add(bob, { kind: 'record', query: '5/1' }, T0);
  expect(rollup.due(T0, true).map(({ principal }) => principal.name)).toEqual(['alice', 'bob']);
});

test('no question of many is left out, however they come', () => {
  const rollup = new AccessRollup();
  const told: string[] = [];
  const tell = (reads: ReturnType<AccessRollup['due']>): void => {
    for (const { readings } of reads) {
      expect(readings.length).toBeLessThanOrEqual(ACCESS_RECORD_QUESTIONS_MAX);
      told.push(...(readingLabels(readings)['query'] ?? '').split('\n'));
    }
  };
  const asked = Array.from({ length: 500 }, (_, at) => `user:u${at} ${'x'.repeat((at * 37) % 1_500)}`);
  for (const [at, query] of asked.entries()) {
    const full = rollup.add(alice, { kind: 'search', query }, T0 + at * 10);
    tell(full === undefined ? [] : [full]);
    tell(rollup.due(T0 + at * 10));
  }
  tell(rollup.due(T0 + 5_000, true));
  expect(told).toEqual(asked.map((query) => query.slice(0, 1_000)));
});
