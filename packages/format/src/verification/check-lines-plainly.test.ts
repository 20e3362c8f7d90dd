import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalLine } from '../canonical-line.ts';
import { canonicalLine as canonicalLinePlainly } from '../canonical-line-plainly.ts';
import { anyRecord } from '../record-arbitrary.ts';
import { checkLines as checkLinesPlainly } from './check-lines-plainly.ts';
import { checkLines } from './check-lines.ts';
import { findLineEnds } from './lines-root.ts';

const utf8 = new TextEncoder();

describe('the plain reader of lines', () => {
  test('writes every record as the fast one does', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        expect(canonicalLinePlainly(record)).toBe(canonicalLine(record));
      }),
    );
  });

  test('finds what the fast one finds, in good lines and bad', () => {
    const edit = fc.record({ place: fc.nat(), byte: fc.nat(255), isMade: fc.boolean() });
    const batch = fc.record({ shift: fc.constantFrom(0, 0, 0, 1), spare: fc.constantFrom(0, 0, 1) });
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 6 }), edit, batch, (records, change, told) => {
        const bytes = utf8.encode(records.map((record) => `${canonicalLine(record)}\n`).join(''));
        if (change.isMade) bytes[change.place % bytes.length] = change.byte;
        const batches = records.map(({ observer, session, seq }, at) => ({
          observer,
          session,
          first_seq: seq + (at === 0 ? told.shift : 0),
          count: at === records.length - 1 ? 1 + told.spare : 1,
          received: '2026-11-22T14:36:49.123456Z',
        }));
        const ends = findLineEnds(bytes);
        expect(checkLinesPlainly(bytes, ends, batches)).toEqual(checkLines(bytes, ends, batches));
      }),
      { numRuns: 400 },
    );
  });
});
