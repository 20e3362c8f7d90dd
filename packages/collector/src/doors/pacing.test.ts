import { describe, expect, test } from 'vitest';
import { PACE_LAG_RECORDS_MAX, PACE_LAG_RECORDS_MIN } from '../limits.ts';
import { Pacing } from './pacing.ts';

describe('pacing', () => {
  test('holds nothing back while search keeps up, nor while it catches up from far behind', async () => {
    const counters = { heldBack: 0 };
    let lag = PACE_LAG_RECORDS_MIN - 1;
    const pacing = new Pacing(() => lag, counters);
    await pacing.turn();
    lag = PACE_LAG_RECORDS_MAX;
    await pacing.turn();
    expect(counters.heldBack).toBe(0);
  });

  test('holds a request back until search has caught up', async () => {
    const counters = { heldBack: 0 };
    const lags = [PACE_LAG_RECORDS_MIN, PACE_LAG_RECORDS_MIN, PACE_LAG_RECORDS_MIN, 0];
    const pacing = new Pacing(() => lags.shift() ?? 0, counters);
    await pacing.turn();
    expect(counters.heldBack).toBe(1);
    expect(lags).toHaveLength(0);
  });

  test('lets a request go on where search stands still', async () => {
    const counters = { heldBack: 0 };
    const pacing = new Pacing(() => PACE_LAG_RECORDS_MIN, counters);
    await pacing.turn();
    expect(counters.heldBack).toBe(1);
  });
});
