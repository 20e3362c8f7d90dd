import { expect, test } from 'vitest';
import { describeCapture } from './describe-capture.ts';

test('tells of each way of capture whether it works here, and if not why and what would mend it', async () => {
  const ways = await describeCapture();
  expect(ways.map(({ mode }) => mode)).toEqual(['ebpf', 'sock-diag']);
  for (const way of ways) {
    expect(way.covers).not.toBe('');
    expect(way.misses).toContain('UDP: not yet covered');
    if (!way.works) expect([way.reason, way.remedy]).toEqual([expect.any(String), expect.any(String)]);
  }
  expect(ways[1]?.works).toBe(true);
});
