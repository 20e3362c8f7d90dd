import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalLine } from './canonical-line.ts';
import { FIELDS } from './fields.ts';
import { readRecord } from './generous-parse.ts';
import { SLOTS, scanLine } from './line-scanner.ts';
import { PLAIN_LINE_GROWTH_BYTES_MAX, PlainLineWriter } from './plain-line.ts';
import { anyIp } from './record-arbitrary.ts';
import type { StreamStamp } from './record.ts';

const STAMP: StreamStamp = { observer: 'door', observer_kind: 'import', session: 'stream', seq: 70_109 };
const TEMPLATE = {
  timestamp: '2026-11-22T14:36:49Z',
  user: 'alice',
  src_port: '51544',
  dest_port: '5432',
  action: 'connection-initiated',
};

/** The line that the fast way makes of a text, undefined where it leaves it alone. */
function fast(writer: PlainLineWriter, text: string, stamp = STAMP): string | undefined {
  const bytes = Buffer.from(`\n${text}\n{"next":1}\n`);
  const end = bytes.length - '\n{"next":1}\n'.length;
  const out = new Uint8Array(bytes.length + PLAIN_LINE_GROWTH_BYTES_MAX);
  const slots = new Int32Array(SLOTS);
  const lineEnd = writer.write(bytes, 1, end, stamp, out, 3, slots);
  if (lineEnd === -1) return undefined;
  const scanned = new Int32Array(SLOTS);
  expect(scanLine(out, 3, lineEnd, scanned)).toBe(0);
  expect(slots).toEqual(scanned);
  return Buffer.from(out.subarray(3, lineEnd)).toString();
}

/** The line that the slow way makes of it, undefined where it is refused. */
function slow(text: string, stamp = STAMP): string | undefined {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return undefined;
  }
  const read = readRecord(input, stamp);
  return read.ok ? canonicalLine(read.value) : undefined;
}

const digits = fc.oneof(
  fc.nat({ max: 70_000 }).map(String),
  fc.constantFrom('0', '00', '007', '65535', '65536', '4294967295', '999999999999999', '9007199254740992', '+1', '1e3'),
);
const times = fc.oneof(
  fc.constantFrom(
    '2026-11-22T14:36:49Z',
    '2026-11-22T14:36:49.5Z',
    '2026-11-22T14:36:49.123456789Z',
    '2026-11-22T14:36:49.Z',
    '2026-11-22T14:36:60Z',
    '2026-02-29T00:00:00Z',
    '2024-02-29T23:59:59.999999Z',
    '2026-11-22t14:36:49z',
    '2026-11-22T14:36:49+01:00',
    '2200-01-01T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '1795357009',
    '1795357009123',
    '1795357009123456',
    '1795357009123456789',
    '0000000001',
    '9999999999',
    'yesterday',
  ),
  fc.date({ min: new Date(0), max: new Date('2199-12-31'), noInvalidDate: true }).map((date) => date.toISOString()),
);
const words = fc.constantFrom(
  'connect',
  'ACCEPT',
  'Connection Closed',
  'login',
  'ok',
  'tcp',
  '6',
  'TCP4',
  'ingress',
  'human',
  'nonsense',
  'connection-initiated',
  'toString',
);
const texts = fc.string({
  unit: fc.constantFrom('a', 'Z', '0', ' ', '.', '"', '\\', '\u007f', 'é', '/', '\t'),
  maxLength: 6,
});
const value = fc.oneof(
  { weight: 3, arbitrary: fc.oneof(texts, digits, times, words, anyIp).map((text) => JSON.stringify(text)) },
  { weight: 1, arbitrary: digits },
  {
    weight: 1,
    arbitrary: fc.constantFrom('null', 'true', '{}', '[1]', '-0', '1.5', '1795357009', '1795357009123', '""', '"x"'),
  },
);
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...FIELDS.map((field) => field.name)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('received', 'class', 'extra', 'Extra', 'a b', '__proto__', 'é', 'labels_2', ''),
  },
);
const blank = fc.constantFrom('', '', '', ' ', '\t');
const member = fc
  .tuple(blank, name, blank, blank, value, blank)
  .map(([a, key, b, c, text, d]) => `${a}${JSON.stringify(key)}${b}:${c}${text}${d}`);
const flat = fc
  .tuple(fc.constantFrom(...Object.keys(TEMPLATE).map((_, at) => at)), fc.array(member, { maxLength: 8 }))
  .map(([at, more]) => {
    const members = Object.entries(TEMPLATE).map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`);
    // One of the template's own may come again otherwise, or not at all.
    members.splice(at, 1, ...more);
    return `{${members.join(',')}}`;
  });

/** Whether an object of the text has a name twice, which the door refuses before it asks `readRecord`. */
function hasRepeatedName(text: string): boolean {
  const names = [...text.matchAll(/("(?:[^"\\]|\\.)*")[ \t]*:/g)].map(([, key]) => key);
  return new Set(names).size < names.length;
}

describe('plain input', () => {
  test('the five-field template is plain, whatever its order and writing', () => {
    const writer = new PlainLineWriter();
    const texts = [
      JSON.stringify(TEMPLATE),
      JSON.stringify(Object.fromEntries(Object.entries(TEMPLATE).toReversed())),
      JSON.stringify({ ...TEMPLATE, src_port: 1, dest_port: 65_535, action: 'CONNECT', user: '' }),
      JSON.stringify({ ...TEMPLATE, timestamp: 1_795_357_009_123, src_ip: '2001:db8::1', zone: 'b', area: 'a', v: 1 }),
      `{ "action" : "login" ,\t"timestamp":"1795357009"}`,
    ];
    for (const text of texts) {
      expect(fast(writer, text)).toBe(slow(text));
      expect(fast(writer, text)).toBeDefined();
    }
  });

  test('is read as the generous parser reads it, or left alone', () => {
    const writer = new PlainLineWriter();
    let taken = 0;
    fc.assert(
      fc.property(flat, (text) => {
        const line = fast(writer, text);
        if (line === undefined) return;
        taken += 1;
        expect(hasRepeatedName(text)).toBe(false);
        expect(line).toBe(slow(text));
      }),
      { numRuns: 5_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  test('with any byte changed, cut out or put in, is read as the generous parser reads it, or left alone', () => {
    const writer = new PlainLineWriter();
    const text = JSON.stringify({ ...TEMPLATE, src_ip: '10.0.0.1', pid: 17, zone: 'b' });
    const byte = fc.oneof(fc.integer({ min: 1, max: 127 }), fc.constantFrom(...Buffer.from('"{}[]:, \t\\-.eE019')));
    fc.assert(
      fc.property(fc.nat({ max: text.length - 1 }), fc.constantFrom(0, 1), fc.option(byte), (at, cut, put) => {
        const middle = put === null ? '' : String.fromCharCode(put);
        const changed = text.slice(0, at) + middle + text.slice(at + cut);
        if (changed.includes('\n')) return;
        const line = fast(writer, changed);
        if (line !== undefined) expect(line).toBe(slow(changed));
      }),
      { numRuns: 5_000 },
    );
  });

  test('names that may not stand in a manifest are left to be refused', () => {
    const writer = new PlainLineWriter();
    const text = JSON.stringify(TEMPLATE);
    for (const observer of ['', 'a"b', 'x'.repeat(129), '\ud800']) {
      expect(fast(writer, text, { ...STAMP, observer })).toBeUndefined();
      expect(slow(text, { ...STAMP, observer })).toBeUndefined();
    }
    expect(fast(writer, text, { ...STAMP, observer: 'höst', seq: 0 })).toBe(
      slow(text, { ...STAMP, observer: 'höst', seq: 0 }),
    );
  });
});
