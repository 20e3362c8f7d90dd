import { describe, expect, test } from 'vitest';
import type { Hit } from '../api/hit.ts';
import { addressKey } from '../api/hit.ts';
import { TAIL_PENDING_ROWS_MAX, TAIL_RATE_WINDOW_MS, TAIL_ROWS_MAX } from '../limits.ts';
import { EMPTY_TAIL, joinRows, tailRate, withDropped, withHits } from './tail-buffer.ts';

function hit(at: number): Hit {
  const timestamp = `${new Date(1_764_000_000_000 + at).toISOString().slice(0, -1)}000Z`;
  return {
    block: Math.floor(at / 10),
    position: at % 10,
    received: timestamp,
    class: 'default',
    record: {
      v: 1,
      timestamp,
      action: 'connection-accepted',
      observer: 'host-a',
      observer_kind: 'agent',
      session: 's',
      seq: at,
    },
  };
}

const hits = (from: number, to: number): readonly Hit[] =>
  Array.from({ length: to - from }, (_, step) => hit(from + step));

describe('the tail', () => {
  test('shows newest first, each record once', () => {
    const buffer = withHits(withHits(EMPTY_TAIL, [hit(1), hit(3)], false, 0), [hit(2), hit(3)], false, 1);
    expect(buffer.rows.map(addressKey)).toEqual(['0.3', '0.2', '0.1']);
    expect(joinRows(buffer, [hit(1), hit(0)]).map(addressKey)).toEqual(['0.3', '0.2', '0.1', '0.0']);
  });

  test('never holds more than its bound, and says that rows left', () => {
    const buffer = withHits(EMPTY_TAIL, hits(0, TAIL_ROWS_MAX + 5), false, 0);
    expect(buffer.rows).toHaveLength(TAIL_ROWS_MAX);
    expect(buffer.cut).toBe(true);
    // Search rows below the gap would look as if nothing were missing between them.
    expect(joinRows(buffer, [hit(0)])).toBe(buffer.rows);
  });

  test('holds back while paused and counts what it could not hold', () => {
    const paused = withHits(withHits(EMPTY_TAIL, [hit(0)], false, 0), hits(1, TAIL_PENDING_ROWS_MAX + 11), true, 1);
    expect(paused.rows).toHaveLength(1);
    expect(paused.pending).toHaveLength(TAIL_PENDING_ROWS_MAX);
    expect(paused.pendingCount).toBe(TAIL_PENDING_ROWS_MAX + 10);
    const resumed = withHits(paused, [], false, 2);
    expect(resumed.pendingCount).toBe(0);
    expect(resumed.cut).toBe(true);
  });

  test('tells the rate over its window and the dropped', () => {
    const buffer = withHits(EMPTY_TAIL, hits(0, 50), false, 1_000);
    expect(tailRate(buffer, 1_000)).toBe(5);
    expect(tailRate(buffer, 1_000 + TAIL_RATE_WINDOW_MS)).toBe(0);
    expect(withDropped(withDropped(buffer, 3), 4)).toMatchObject({ dropped: 7, cut: true });
  });
});
