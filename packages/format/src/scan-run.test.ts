import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalLine } from './canonical-line.ts';
import { SLOTS, scanLine } from './line-scanner.ts';
import { anyRecord } from './record-arbitrary.ts';
import { RunScanner } from './scan-run.ts';

const utf8 = new TextEncoder();

/** Scans lines one after another with both scanners, which must agree on each; how many lines are canonical. */
function expectAgreement(lines: readonly Uint8Array[]): number {
  const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
  const scanner = new RunScanner(bytes);
  const slots = new Int32Array(SLOTS);
  let taken = 0;
  let start = 0;
  for (const line of lines) {
    const end = start + line.length;
    const verdict = scanLine(bytes, start, end, slots);
    expect(scanner.scan(start, end), bytes.subarray(start, end).toString()).toBe(verdict);
    if (verdict === 0) {
      taken += 1;
      expect(scanner.slots).toStrictEqual(slots);
    }
    start = end + 1;
  }
  return taken;
}

/** A record and others that take some of their fields from it, as lines of a block do. */
const alike = fc
  .tuple(anyRecord, fc.array(fc.tuple(anyRecord, fc.infiniteStream(fc.boolean())), { maxLength: 6 }))
  .map(([first, others]) => {
    const mixed = others.map(([other, takes]) =>
      Object.assign({}, first, Object.fromEntries(Object.entries(other).filter(() => takes.next().value === true))),
    );
    return [first, ...mixed].map((record) => canonicalLine(record));
  });

test('agrees with scanLine on lines that are much alike', () => {
  fc.assert(
    fc.property(alike, (lines) => {
      expect(expectAgreement(lines.map((line) => utf8.encode(line)))).toBe(lines.length);
    }),
    { numRuns: 500 },
  );
});

test('agrees with scanLine on lines of which one has a byte changed, removed or added', () => {
  const marks = fc.constantFrom(...utf8.encode('"\\{}[]:, 0129.abcfnrtuvxTZ-_\n\u007f'), 0x00, 0x80, 0xc3, 0xff);
  const change = fc.tuple(fc.nat(), fc.constantFrom(0, 1, 2), marks);
  fc.assert(
    fc.property(alike, fc.array(change, { minLength: 1, maxLength: 8 }), (texts, changes) => {
      const lines = texts.map((line) => utf8.encode(line));
      // After each change the same line again as it was, so that a damaged one stands between sound ones.
      const among = changes.flatMap(([place, kind, mark]) => {
        const line = lines[place % lines.length] ?? new Uint8Array(0);
        const at = Math.floor(place / lines.length) % line.length;
        const [left, right] = [line.subarray(0, at), line.subarray(kind === 2 ? at : at + 1)];
        return [line, Buffer.concat([left, Buffer.from(kind === 1 ? [] : [mark]), right]), line];
      });
      expectAgreement(among);
    }),
    { numRuns: 1200 },
  );
});

test('agrees with scanLine where fields of the line before are left out, doubled or put elsewhere', () => {
  fc.assert(
    fc.property(
      anyRecord,
      fc.array(fc.nat(40), { minLength: 1, maxLength: 6 }),
      fc.nat(40),
      (record, dropped, moved) => {
        const line = canonicalLine(record);
        const fields = Object.entries(record).map((field) => JSON.stringify(Object.fromEntries([field])).slice(1, -1));
        const made = [
          fields.filter((_, at) => !dropped.includes(at)),
          [...fields, fields[moved % fields.length] ?? ''],
          [...fields.slice(moved % fields.length), ...fields.slice(0, moved % fields.length)],
          fields.flatMap((field, at) => (at === moved % fields.length ? [field, field] : [field])),
        ].map((own) => `{${own.join(',')}}`);
        expectAgreement([line, ...made.flatMap((own) => [own, line])].map((text) => utf8.encode(text)));
      },
    ),
    { numRuns: 500 },
  );
});
