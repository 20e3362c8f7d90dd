import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalLine } from './canonical-line.ts';
import { FIELDS } from './fields.ts';
import { readRecord } from './generous-parse.ts';
import { anyRecord } from './record-arbitrary.ts';
import type { AccessRecord, StreamStamp } from './record.ts';
import { parseLine } from './strict-parse.ts';

const STAMP: StreamStamp = { observer: 'door', observer_kind: 'import', session: 'stream', seq: 7 };
const TEMPLATE = {
  timestamp: '2026-11-22T14:36:49.123456789+01:00',
  user: 'alice',
  src_port: '51544',
  dest_port: '5432',
  action: 'connection_initiated',
};

function read(extra: Record<string, unknown>): AccessRecord {
  const result = readRecord({ ...TEMPLATE, ...extra }, STAMP);
  if (!result.ok) {
    throw new Error(`${result.fault.code}: ${result.fault.message}`);
  }
  return result.value;
}

function refused(extra: Record<string, unknown>): string {
  const result = readRecord({ ...TEMPLATE, ...extra }, STAMP);
  expect(result.ok).toBe(false);
  return result.ok ? '' : `${result.fault.code} ${result.fault.field ?? ''}`.trim();
}

describe('readRecord', () => {
  test('takes the five-field template as it stands', () => {
    expect(readRecord(TEMPLATE, STAMP)).toEqual({
      ok: true,
      value: {
        v: 1,
        ...STAMP,
        timestamp: '2026-11-22T13:36:49.123456Z',
        user: 'alice',
        src_port: 51_544,
        dest_port: 5432,
        action: 'connection-initiated',
      },
    });
  });

  test.each([
    ['connect', 'connection-initiated'],
    ['Connection Initiated', 'connection-initiated'],
    ['CONNECTION_CLOSED', 'connection-closed'],
    ['  deny ', 'connection-denied'],
    ['ACCEPT', 'connection-accepted'],
    ['heartbeat', 'heartbeat'],
  ])('reads the action %j as %s', (word, action) => {
    expect(read({ action: word }).action).toBe(action);
  });

  test.each([
    ['2026-11-22T14:36:49Z', '2026-11-22T14:36:49.000000Z'],
    ['2026-11-22t14:36:49.5z', '2026-11-22T14:36:49.500000Z'],
    ['2026-11-22 14:36:49+0530', '2026-11-22T09:06:49.000000Z'],
    ['2026-12-31T23:59:60.25Z', '2027-01-01T00:00:00.250000Z'],
    ['1969-12-31T23:00:00-05:00', '1970-01-01T04:00:00.000000Z'],
    [1_700_000_000, '2023-11-14T22:13:20.000000Z'],
    [1_700_000_000.123_456, '2023-11-14T22:13:20.123456Z'],
    ['1700000000.1234569', '2023-11-14T22:13:20.123456Z'],
    [1_700_000_000_123, '2023-11-14T22:13:20.123000Z'],
    [1_700_000_000_123.456, '2023-11-14T22:13:20.123456Z'],
    ['1700000000123456', '2023-11-14T22:13:20.123456Z'],
    ['1700000000123456789', '2023-11-14T22:13:20.123456Z'],
    [0, '1970-01-01T00:00:00.000000Z'],
    [9_999_999, '1970-04-26T17:46:39.000000Z'],
    [10_000_000_000, '1970-04-26T17:46:40.000000Z'],
  ])('reads the time %j as %s', (time, timestamp) => {
    expect(read({ timestamp: time }).timestamp).toBe(timestamp);
  });

  test.each([
    '2026-11-22T14:36:49',
    '2026-02-30T00:00:00Z',
    '2026-11-22T14:36:60Z',
    '2026-11-22',
    '22/Nov/2026:14:36:49 +0000',
    -1,
    1e21,
    '99999999999999999999',
    8_000_000_000,
    true,
  ])('refuses the time %j', (time) => {
    expect(refused({ timestamp: time })).toBe('malformed-timestamp timestamp');
  });

  test('makes addresses canonical', () => {
    expect(read({ src_ip: ' ::ffff:10.0.0.1 ', dest_ip: '2001:DB8:0:0::1' })).toMatchObject({
      src_ip: '10.0.0.1',
      dest_ip: '2001:db8::1',
    });
    expect(refused({ src_ip: 'fe80::1%eth0' })).toBe('malformed-address src_ip');
  });

  test('reads nulls, empty strings and exported fields as absent', () => {
    const record = read({ reason: '', service: null, labels: {}, received: TEMPLATE.timestamp, class: 'default' });
    expect(Object.keys(record).toSorted()).toEqual(Object.keys(read({})).toSorted());
  });

  test('reads protocols by name and number, and keeps the others as a label', () => {
    expect(read({ protocol: 6 }).protocol).toBe('tcp');
    expect(read({ protocol: 'IPv6-ICMP' }).protocol).toBe('icmp');
    expect(read({ protocol: 'GRE' })).toMatchObject({ protocol: 'other', labels: { protocol: 'GRE' } });
  });

  test('reads numbers where foreign systems write them for ids', () => {
    expect(read({ user_id: 1000, status: 200 })).toMatchObject({ user_id: '1000', status: '200' });
  });

  test('keeps unknown fields as labels', () => {
    const record = read({ flag: true, ratio: 0.5, nested: { b: [1, 'x'], a: null }, labels: { flag: 'own', n: 3 } });
    expect(record.labels).toEqual({
      flag: 'own',
      flag_2: 'true',
      n: '3',
      nested: '{"a":null,"b":[1,"x"]}',
      ratio: '0.5',
    });
  });

  test('keeps a field named __proto__ as a label and leaves prototypes alone', () => {
    const result = readRecord(
      JSON.parse(`${JSON.stringify(TEMPLATE).slice(0, -1)},"__proto__":{"user":"eve"}}`),
      STAMP,
    );
    expect(result.ok && Object.entries(result.value.labels ?? {})).toEqual([['__proto__', '{"user":"eve"}']]);
    expect(result.ok && Object.getPrototypeOf(result.value.labels)).toBe(Object.prototype);
    const inherited: unknown = Object.create({ user: 'eve' });
    expect(readRecord(inherited, STAMP)).toMatchObject({ ok: false, fault: { code: 'missing-field' } });
  });

  const wrong: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ v: 2 }, 'unsupported-version v'],
    [{ dest_port: 65_536 }, 'out-of-range dest_port'],
    [{ dest_port: '-1' }, 'wrong-type dest_port'],
    [{ dest_port: 1.5 }, 'out-of-range dest_port'],
    [{ dest_port: 'postgres' }, 'wrong-type dest_port'],
    [{ user: 42 }, 'wrong-type user'],
    [{ user: { name: 'x' } }, 'wrong-type user'],
    [{ user: 'x'.repeat(257) }, 'too-long user'],
    [{ user: '\ud800' }, 'broken-unicode user'],
    [{ other: 'x'.repeat(4097) }, 'too-long other'],
    [{ action: 'teleport' }, 'unknown-value action'],
    [{ action: 'constructor' }, 'unknown-value action'],
    [{ outcome: 'maybe' }, 'unknown-value outcome'],
    [{ action: null }, 'missing-field action'],
    [{ session: 's' }, 'incomplete-stream observer'],
    [{ session: 's', observer: 'o' }, 'incomplete-stream seq'],
    [{ seq: 1 }, 'incomplete-stream observer'],
    [{ observer_kind: 'agent' }, 'incomplete-stream observer'],
    [{ session: 's', observer: 'o', seq: -1 }, 'out-of-range seq'],
    [{ session: 's"', observer: 'o', seq: 1 }, 'forbidden-character session'],
    [{ labels: 'x' }, 'wrong-type labels'],
    [Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`x${at}`, 'y'])), 'too-many-labels labels'],
    [Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`x${at}`, 'y'.repeat(4000)])), 'line-too-long'],
    [{ deep: JSON.parse('['.repeat(5000) + ']'.repeat(5000)) }, 'too-deep deep'],
  ];
  test.each(wrong.map(([extra, fault], at) => [at, fault, extra] as const))(
    'refuses case %i as %s',
    (_, fault, extra) => {
      expect(refused(extra)).toBe(fault);
    },
  );

  test('refuses what is no object', () => {
    for (const input of [null, 1, 'x', [], true, undefined]) {
      expect(readRecord(input, STAMP)).toMatchObject({ ok: false, fault: { code: 'not-an-object' } });
    }
  });

  test('takes an observer’s own stream, and the stamp’s kind where it tells none', () => {
    expect(read({ observer: 'o', session: 's', seq: 3 })).toMatchObject({
      observer: 'o',
      seq: 3,
      observer_kind: 'import',
    });
    expect(read({ observer: 'o', session: 's', seq: '3', observer_kind: 'Agent' })).toMatchObject({
      seq: 3,
      observer_kind: 'agent',
    });
  });

  test('reads every valid record as itself', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(readRecord(JSON.parse(canonicalLine(record)), STAMP)).toEqual({ ok: true, value: record });
      }),
    );
  });

  test('gives only what the strict parser takes, and never throws', () => {
    const names = fc.oneof(fc.constantFrom(...FIELDS.map((field) => field.name), '__proto__'), fc.string());
    const values = fc.oneof(
      fc.jsonValue(),
      fc.integer({ min: -1, max: 70_000 }),
      fc.integer({ min: 0, max: 70_000 }).map((port) => ` ${port}`),
      fc.constantFrom('TCP', 'agent', '::FFFF:1.2.3.4', '1700000000.5', 'connect', 'ok', -0),
    );
    let taken = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(names, values), { maxLength: 6 }), fc.boolean(), (entries, whole) => {
        const input = { ...(whole ? TEMPLATE : {}), ...Object.fromEntries(entries) };
        const result = readRecord(input, STAMP);
        if (result.ok) {
          taken += 1;
          expect(parseLine(canonicalLine(result.value))).toEqual(result);
        } else {
          expect(result.fault.message.length).toBeGreaterThan(10);
        }
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});
