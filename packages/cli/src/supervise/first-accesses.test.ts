import { expect, test } from 'vitest';
import type { Hit } from '../output/hit.ts';
import { isForeign } from './first-accesses.ts';

const own = { observer: 'db1', pids: new Set([10, 11, 12]) };

function hit(record: Hit['record']): Hit {
  return { block: 0, position: 0, received: '', class: '', record: { observer: 'db1', pid: 99, ...record } };
}

test.each([
  ['another process of this host', {}, true],
  ['a process of the product', { pid: 11 }, false],
  ['a process of another host that has the same number', { observer: 'web1', pid: 11 }, true],
  ['what stood before', { labels: { standing: 'true' } }, false],
  ['other labels', { labels: { systemd_unit: 'ssh.service' } }, true],
] as const)('among the first accesses: %s', (_, record, shown) => {
  expect(isForeign(hit(record), own)).toBe(shown);
});
