import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatEndpoint,
  inputTime,
  inputTimeMs,
  relativeTime,
  splitTime,
} from './formats.ts';

describe('figures', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [9_960, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [7_300_000_000_000_000, '7.3 PB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test.each([
    [0, '0 µs'],
    [999, '999 µs'],
    [1_000, '1.0 ms'],
    [999_499, '999 ms'],
    [999_500, '1.0 s'],
    [59_960_000, '1 min 0 s'],
    [125_000_000, '2 min 5 s'],
    [11_520_000_000, '3 h 12 min'],
    [90_000_000_000, '1 d 1 h'],
  ])('%d µs are %s', (micros, text) => expect(formatDuration(micros)).toBe(text));

  test('counts carry separators', () => expect(formatCount(1_234_567)).toBe('1,234,567'));
});

describe('times', () => {
  test('are split to the millisecond', () => {
    expect(splitTime('2026-11-22T14:36:49.123456Z', 'utc')).toEqual({ date: '2026-11-22', time: '14:36:49.123' });
    const local = splitTime('2026-11-22T14:36:49.123456Z', 'local');
    expect(new Date(`${local.date}T${local.time}`).getTime()).toBe(Date.parse('2026-11-22T14:36:49.123Z'));
  });

  test.each([
    [0, 'now'],
    [999, 'now'],
    [59_999, '59 s ago'],
    [60_000, '1 min ago'],
    [7_200_000, '2 h ago'],
    [172_800_000, '2 d ago'],
    [-5_000, 'in 5 s'],
  ])('%d ms back is %s', (ageMs, text) => expect(relativeTime(1e12 - ageMs, 1e12)).toBe(text));

  test.each(['utc', 'local'] as const)('go into an input and come back (%s)', (zone) => {
    expect(inputTimeMs(inputTime(1_764_000_000_000, zone), zone)).toBe(1_764_000_000_000);
  });
});

test('endpoints bracket IPv6 only beside a port', () => {
  expect(formatEndpoint('10.0.0.7', 5432)).toBe('10.0.0.7:5432');
  expect(formatEndpoint('2001:db8::1', 443)).toBe('[2001:db8::1]:443');
  expect(formatEndpoint('2001:db8::1', undefined)).toBe('2001:db8::1');
  expect(formatEndpoint(undefined, 22)).toBe(':22');
  expect(formatEndpoint(undefined, undefined)).toBe('');
});
