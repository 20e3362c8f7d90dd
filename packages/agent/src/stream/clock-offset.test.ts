import { expect, test } from 'vitest';
import { Backoff } from './backoff.ts';
import { ClockOffset } from './clock-offset.ts';
import { newSessionId, SESSION_PATTERN } from './session-id.ts';

test('the shortest round trip gives the clock offset', () => {
  const clock = new ClockOffset();
  expect(clock.micros).toBeUndefined();
  clock.observe(1_000, 1_400, 1_200_000 + 5_000_000);
  expect(clock.micros).toBe(5_000_000);
  clock.observe(2_000, 2_002, 2_001_000 + 4_900_000);
  clock.observe(3_000, 3_900, 0);
  expect(clock.micros).toBe(4_900_000);
  clock.observe(5_000, 4_000, 0);
  expect(clock.micros).toBe(4_900_000);
});

test('pauses double up to a cap, half of each random, and begin anew after a success', () => {
  const least = new Backoff(() => 0);
  expect([least.next(), least.next(), least.next()]).toEqual([50, 100, 200]);
  for (let tries = 0; tries < 60; tries += 1) expect(least.next()).toBeLessThanOrEqual(7_500);
  least.reset();
  expect(least.next()).toBe(50);
  expect(new Backoff(() => 1).next()).toBe(100);
});

test('session ids sort by time and fit the spool’s names', () => {
  const ids = [1, 31, 32, 1_795_358_209_000, 1_795_358_209_001].map((ms) => newSessionId(ms));
  expect(ids.toSorted()).toEqual(ids);
  for (const id of ids) expect(id).toMatch(SESSION_PATTERN);
  expect(newSessionId(5)).not.toBe(newSessionId(5));
});
