import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { canonicalLine } from './canonical-line.ts';
import { FIELDS } from './fields.ts';
import { leafHash } from './merkle.ts';
import { anyRecord } from './record-arbitrary.ts';
import { sha256 } from './sha256.ts';
import { parseLine } from './strict-parse.ts';

describe('the canonical line', () => {
  test('reads back as the same record', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(parseLine(canonicalLine(record))).toEqual({ ok: true, value: record });
      }),
    );
  });

  test('is the RFC 8785 form of the record', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(canonicalLine(record)).toBe(canonicalJson({ ...record }));
      }),
    );
  });

  test('is tried with every field there is', () => {
    const written = new Set(
      fc.sample(anyRecord, 200).flatMap((record) => Object.keys(JSON.parse(canonicalLine(record)))),
    );
    expect([...written].toSorted()).toEqual(FIELDS.map((field) => field.name));
  });

  test('has another leaf hash once any one bit is flipped', () => {
    fc.assert(
      fc.property(anyRecord, fc.nat(), fc.integer({ min: 0, max: 7 }), (record, place, bit) => {
        const line = new TextEncoder().encode(canonicalLine(record));
        const before = leafHash(sha256, line);
        const at = place % line.length;
        line[at] = (line[at] ?? 0) ^ (1 << bit);
        expect(leafHash(sha256, line)).not.toEqual(before);
      }),
      { numRuns: 50 },
    );
  });
});

const MINIMAL =
  '{"action":"heartbeat","observer":"h","observer_kind":"agent","seq":0,"session":"s","timestamp":"2026-11-22T14:36:49.123456Z","v":1}';

describe('parseLine tells what is wrong', () => {
  test.each([
    ['not json', '{', 'not-json', undefined],
    ['no object', '[]', 'not-an-object', undefined],
    ['spaces', MINIMAL.replace(':0', ': 0'), 'not-canonical', undefined],
    ['a name twice', MINIMAL.replace('"seq":0', '"seq":1,"seq":0'), 'not-canonical', undefined],
    ['names not sorted', MINIMAL.replace('"seq":0,"session":"s"', '"session":"s","seq":0'), 'not-canonical', undefined],
    ['a needless escape', MINIMAL.replace('"h"', '"\\u0068"'), 'not-canonical', undefined],
    ['an unknown field', MINIMAL.replace('"v":1', '"v":1,"w":1'), 'unknown-field', 'w'],
    ['a missing field', MINIMAL.replace('"seq":0,', ''), 'missing-field', 'seq'],
    ['another version', MINIMAL.replace('"v":1', '"v":2'), 'unsupported-version', 'v'],
    ['a port as text', MINIMAL.replace('"v":1', '"src_port":"1","v":1'), 'wrong-type', 'src_port'],
    ['a foreign time', MINIMAL.replace('.123456Z', 'Z'), 'malformed-timestamp', 'timestamp'],
    ['a long line', MINIMAL.replace('"h"', `"${'h'.repeat(40_000)}"`), 'line-too-long', undefined],
    ['half a pair', MINIMAL.replace('"h"', '"\ud800"'), 'broken-unicode', undefined],
    ['half a pair, escaped', MINIMAL.replace('"h"', '"\\ud800"'), 'broken-unicode', 'observer'],
  ])('%s', (_, line, code, field) => {
    const parsed = parseLine(line);
    expect(parsed.ok ? undefined : [parsed.fault.code, parsed.fault.field]).toEqual([code, field]);
    expect(parsed.ok ? '' : parsed.fault.message).toMatch(/; \w/); // every message names a remedy
  });
});

test('an action that is none is refused with the one that was probably meant, else with a few', () => {
  const stream = { observer: 'o', observer_kind: 'import', session: 's', seq: 0, v: 1 };
  const refusal = (action: string) => {
    const read = parseLine(canonicalJson({ ...stream, action, timestamp: '2026-11-22T14:36:49.000000Z' }));
    return read.ok ? '' : read.fault.message;
  };
  expect(refusal('conection-closed')).toMatch(/did you mean connection-closed\?$/);
  expect(refusal('purchase')).toMatch(/send one of connection-initiated, (.+, ){6}.+ or \d+ others/);
});
