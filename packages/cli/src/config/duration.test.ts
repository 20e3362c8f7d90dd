import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatByteSize, parseByteSize, roundByteSize } from './byte-size.ts';
import { formatDuration, parseDuration } from './duration.ts';

describe('durations', () => {
  test.each([
    ['15s', 15_000],
    ['250ms', 250],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['2d', 172_800_000],
    [1000, 1000],
    ['1000', 1000],
  ])('%s is %d ms', (text, durationMs) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: durationMs });
  });

  test.each([
    ['5 seconds', 'write 5s'],
    ['10sec', 'write 10s'],
    ['3 minutes', 'write 3m'],
    ['20 millis', 'write 20ms'],
    ['soon', 'such as 15s'],
    ['', 'such as 15s'],
    ['-1s', 'such as 15s'],
    ['1s junk', 'such as 15s'],
    ['0.5ms', 'whole number of milliseconds'],
  ])('%j is refused and the remedy says %j', (text, remedy) => {
    const parsed = parseDuration(text);
    expect(parsed.ok).toBe(false);
    expect(parsed.ok ? '' : parsed.fault).toContain(remedy);
  });

  test('what is written is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (durationMs) => {
        expect(parseDuration(formatDuration(durationMs))).toEqual({ ok: true, value: durationMs });
      }),
    );
  });
});

describe('sizes', () => {
  test.each([
    ['256MiB', 268_435_456],
    ['1 GiB', 1_073_741_824],
    ['1.5KiB', 1536],
    ['1MB', 1_000_000],
    ['12', 12],
    [12, 12],
    ['12B', 12],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseByteSize(text)).toEqual({ ok: true, value: bytes });
  });

  test.each([
    ['8M', 'write 8MiB'],
    ['8 mb', 'write 8MiB'],
    ['1g', 'write 1GiB'],
    ['lots', 'such as 256MiB'],
    ['1constructor', 'such as 256MiB'],
    ['0.3B', 'whole number of bytes'],
  ])('%j is refused and the remedy says %j', (text, remedy) => {
    const parsed = parseByteSize(text);
    expect(parsed.ok ? '' : parsed.fault).toContain(remedy);
  });

  test('what is written is read back', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseByteSize(formatByteSize(bytes))).toEqual({ ok: true, value: bytes });
      }),
    );
  });

  test('rounded for a person', () => {
    expect([0, 1023, 1536, 200 * 1024 ** 2, 3 * 1024 ** 4].map(roundByteSize)).toEqual([
      '0 B',
      '1023 B',
      '1.5 KiB',
      '200 MiB',
      '3.0 TiB',
    ]);
  });
});
