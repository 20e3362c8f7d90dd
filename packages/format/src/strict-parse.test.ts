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
    fc.assert(fc.property(anyRecord, (record) => expect(canonicalLine(record)).toBe(canonicalJson({ ...record }))));
  });

  test('writes every field there is', () => {
    const [full] = fc.sample(
      anyRecord.filter((record) => Object.keys(record).length > FIELDS.length - 40),
      1,
    );
    expect(Object.keys(JSON.parse(canonicalLine(full ?? fail())))).toEqual(Object.keys(full ?? {}).toSorted());
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

function fail(): never {
  throw new Error('no record was made');
}
