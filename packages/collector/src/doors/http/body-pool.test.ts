import { describe, expect, test } from 'vitest';
import { BodyPool } from './body-pool.ts';

const KIB = 1024;

describe('the body pool', () => {
  test('hands a buffer out again, and to one taker only', () => {
    const pool = new BodyPool(10 * 1024 * KIB);
    const first = pool.take(100 * KIB);
    expect(first.length).toBeGreaterThanOrEqual(100 * KIB);
    pool.give(first);
    expect(pool.take(90 * KIB)).toBe(first);
    expect(pool.take(90 * KIB)).not.toBe(first);
  });

  test('never hands out one that is too small', () => {
    const pool = new BodyPool(10 * 1024 * KIB);
    pool.give(Buffer.alloc(64 * KIB));
    expect(pool.take(65 * KIB).length).toBeGreaterThanOrEqual(65 * KIB);
  });

  test('keeps no more than its bound', () => {
    const pool = new BodyPool(128 * KIB);
    const buffers = [0, 1, 2].map(() => Buffer.alloc(64 * KIB));
    for (const buffer of buffers) pool.give(buffer);
    const again = [0, 1, 2].map(() => pool.take(64 * KIB));
    expect(again.filter((buffer) => buffers.some((given) => given === buffer))).toHaveLength(2);
  });
});
