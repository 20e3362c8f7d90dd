import { describe, expect, test } from 'vitest';
import { readReply, retryAfterMs } from './reply.ts';

const reply = (status: number, body: unknown, retryAfter?: string) =>
  readReply({ status, retryAfter, body: typeof body === 'string' ? body : JSON.stringify(body) }, 0);

describe('reply of the collector', () => {
  test('a receipt', () => {
    const received = '2026-11-22T14:36:49.123456Z';
    const refused = [{ line: 2, field: 'seq', code: 'bad', reason: 'no' }, 'rubbish'];
    expect(reply(200, { accepted: 3, duplicates: 1, refused, refused_total: 1, received })).toEqual({
      kind: 'delivered',
      accepted: 3,
      duplicates: 1,
      refusedTotal: 1,
      refusals: [{ line: 2, field: 'seq', code: 'bad', reason: 'no' }],
      receivedMicros: 1_795_358_209_123_456,
    });
    expect(reply(422, { accepted: 0, refused: [], refused_total: 5 })).toMatchObject({
      kind: 'delivered',
      refusedTotal: 5,
    });
  });

  test.each([
    [429, 'later'],
    [408, 'later'],
    [500, 'later'],
    [503, 'later'],
    [413, 'too-much'],
    [400, 'too-much'],
    [401, 'turned-away'],
    [403, 'turned-away'],
    [404, 'turned-away'],
    [415, 'turned-away'],
    [301, 'turned-away'],
  ])('%d is %s', (status, kind) => {
    const said = reply(status, { error: { code: 'c', message: 'm' } });
    expect(said.kind).toBe(kind);
    expect(said).toMatchObject({ message: status < 300 ? '' : `${status} c: m` });
  });

  test('a 400 that no collector wrote is not a reason to give records up', () => {
    expect(reply(400, '<html>').kind).toBe('turned-away');
    expect(reply(200, '{}').kind).toBe('turned-away');
    expect(reply(200, '').kind).toBe('turned-away');
  });

  test('Retry-After in seconds or as a date, capped', () => {
    expect(retryAfterMs('3', 0)).toBe(3_000);
    expect(retryAfterMs('99999', 0)).toBe(60_000);
    expect(retryAfterMs('Thu, 01 Jan 1970 00:00:10 GMT', 4_000)).toBe(6_000);
    expect(retryAfterMs('Thu, 01 Jan 1970 00:00:10 GMT', 90_000)).toBe(0);
    expect(retryAfterMs('soon', 0)).toBeUndefined();
    expect(retryAfterMs(undefined, 0)).toBeUndefined();
  });
});
