import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalLine } from './canonical-line.ts';
import { FIELDS, FIELD_INDEX } from './fields.ts';
import { SLOTS, scanLine } from './line-scanner.ts';
import { anyRecord } from './record-arbitrary.ts';
import { integerAt, stringAt } from './slot.ts';
import { parseLine } from './strict-parse.ts';

const utf8 = new TextEncoder();

/** Whether the strict parser takes the bytes. */
function parses(bytes: Uint8Array): boolean {
  try {
    return parseLine(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)).ok;
  } catch {
    return false;
  }
}

function scans(bytes: Uint8Array): boolean {
  // The line stands among others in a batch: what is around it must not matter.
  const around = utf8.encode('"}\n{"');
  const buffer = new Uint8Array(bytes.length + 2 * around.length);
  buffer.set(around);
  buffer.set(bytes, around.length);
  buffer.set(around, around.length + bytes.length);
  return scanLine(buffer, around.length, around.length + bytes.length, new Int32Array(SLOTS)) === 0;
}

function expectAgreement(bytes: Uint8Array): void {
  expect(scans(bytes), new TextDecoder().decode(bytes)).toBe(parses(bytes));
}

describe('scanLine agrees with parseLine', () => {
  test('on every valid line, and its slots hold every value', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const line = utf8.encode(canonicalLine(record));
        const slots = new Int32Array(SLOTS);
        expect(scanLine(line, 0, line.length, slots)).toBe(0);
        expect(parses(line)).toBe(true);
        for (const [index, field] of FIELDS.entries()) {
          const value = record[field.name];
          if (typeof value === 'object') {
            expect(JSON.parse(stringAt(line, slots, index) ?? '')).toEqual(value);
          } else if (typeof value === 'number') {
            expect(integerAt(line, slots, index)).toBe(value);
          } else {
            expect(stringAt(line, slots, index)).toBe(value);
          }
        }
      }),
      { numRuns: 1500 },
    );
  });

  test('on lines with one byte changed, removed or added', () => {
    const marks = fc.constantFrom(
      ...utf8.encode('"\\{}[]:, 0129.abcfnrtuvxTZ-_\n\u007f'),
      0,
      0x1f,
      0x80,
      0xc2,
      0xed,
      0xff,
    );
    const edit = fc.tuple(fc.nat(), fc.constantFrom('change', 'remove', 'add'), marks);
    fc.assert(
      fc.property(anyRecord, fc.array(edit, { minLength: 1, maxLength: 2 }), (record, edits) => {
        const bytes = [...utf8.encode(canonicalLine(record))];
        for (const [place, kind, byte] of edits) {
          const at = place % bytes.length;
          bytes.splice(at, kind === 'add' ? 0 : 1, ...(kind === 'remove' ? [] : [byte]));
        }
        expectAgreement(Uint8Array.from(bytes));
      }),
      { numRuns: 6000 },
    );
  });

  test('on random bytes and random JSON', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), expectAgreement));
    fc.assert(fc.property(fc.json(), (text) => expectAgreement(utf8.encode(text))));
  });
});

const MINIMAL =
  '{"action":"heartbeat","observer":"h","observer_kind":"agent","seq":0,"session":"s","timestamp":"2026-11-22T14:36:49.123456Z","v":1}';

function withField(name: string, json: string): string {
  const members = MINIMAL.slice(1, -1)
    .split(/,(?=")/)
    .filter((member) => !member.startsWith(`"${name}":`));
  return `{${[...members, `"${name}":${json}`].toSorted().join(',')}}`;
}

describe('scanLine and parseLine', () => {
  test('take the smallest record', () => {
    expectAgreement(utf8.encode(MINIMAL));
    expect(scans(utf8.encode(MINIMAL))).toBe(true);
  });

  const good: [string, string][] = [
    ['src_port', '0'],
    ['src_port', '65535'],
    ['bytes_in', '9007199254740991'],
    ['pid', '4294967295'],
    ['src_ip', '"::"'],
    ['src_ip', '"1::"'],
    ['src_ip', '"1:0:0:2::3"'],
    ['src_ip', '"2001:db8::1"'],
    ['src_ip', '"0:1:2:3:4:5:6:7"'],
    ['src_ip', '"::ffff:0:0:1"'],
    ['timestamp', '"2024-02-29T23:59:59.999999Z"'],
    ['timestamp', '"1970-01-01T00:00:00.000000Z"'],
    ['timestamp', '"2199-12-31T23:59:59.999999Z"'],
    ['user', '"\\u0000\\b\\t\\n\\f\\r\\u001f\\"\\\\/\u007f"'],
    ['user', `"${'é'.repeat(128)}"`],
    ['user', `"${'\\n'.repeat(256)}"`],
    ['labels', '{"a":"1","b":"2"}'],
    ['labels', '{"__proto__":"1"}'],
    ['labels', '{"\\n":"1","a":"2"}'],
    ['labels', '{"\u{1f600}":"1","\ue000":"2"}'],
    ['labels', `{${Array.from({ length: 64 }, (_, at) => `"${String(at).padStart(2, '0')}":"x"`).join(',')}}`],
  ];
  test.each(good)('take %s %s', (name, json) => {
    const bytes = utf8.encode(withField(name, json));
    expect(parses(bytes)).toBe(true);
    expect(scans(bytes)).toBe(true);
  });

  const bad: [string, string][] = [
    ['src_port', '65536'],
    ['src_port', '-0'],
    ['src_port', '01'],
    ['src_port', '1.0'],
    ['src_port', '1e3'],
    ['src_port', '"1"'],
    ['bytes_in', '9007199254740992'],
    ['bytes_in', '9007199254740993'],
    ['pid', '4294967296'],
    ['src_ip', '"010.0.0.1"'],
    ['src_ip', '"1.2.3"'],
    ['src_ip', '"1.2.3.4.5"'],
    ['src_ip', '"1.2.3.256"'],
    ['src_ip', '"::ffff:1.2.3.4"'],
    ['src_ip', '"::ffff:102:304"'],
    ['src_ip', '"2001:DB8::1"'],
    ['src_ip', '"2001:db8:0:0:0:0:0:1"'],
    ['src_ip', '"1:0:0:0:2::3"'],
    ['src_ip', '"1:2:3::5:6:7:8"'],
    ['src_ip', '"1:0::"'],
    ['src_ip', '"::0"'],
    ['src_ip', '":1::"'],
    ['src_ip', '"1:"'],
    ['src_ip', '"fe80::1%eth0"'],
    ['timestamp', '"2023-02-29T00:00:00.000000Z"'],
    ['timestamp', '"2026-04-31T00:00:00.000000Z"'],
    ['timestamp', '"2026-11-22T24:00:00.000000Z"'],
    ['timestamp', '"2026-11-22T23:59:60.000000Z"'],
    ['timestamp', '"1969-12-31T23:59:59.999999Z"'],
    ['timestamp', '"2200-01-01T00:00:00.000000Z"'],
    ['timestamp', '"2026-11-22T14:36:49.123Z"'],
    ['action', '"Heartbeat"'],
    ['action', '"constructor"'],
    ['user', '""'],
    ['user', 'null'],
    ['user', '"\\u0008"'],
    ['user', '"\\u001F"'],
    ['user', '"\\u0041"'],
    ['user', '"\\/"'],
    ['user', '"\\ud800"'],
    ['user', `"${'é'.repeat(129)}"`],
    ['user', `"${'\\n'.repeat(257)}"`],
    ['observer', '"a\\n"'],
    ['session', `"${'s'.repeat(65)}"`],
    ['labels', '{}'],
    ['labels', '{"b":"1","a":"2"}'],
    ['labels', '{"a":"1","a":"2"}'],
    ['labels', '{"a":""}'],
    ['labels', '{"":"a"}'],
    ['labels', '{"a":1}'],
    ['labels', '{"\ue000":"2","\u{1f600}":"1"}'],
    ['labels', '{"a":"1","\\n":"2"}'],
    ['labels', `{${Array.from({ length: 65 }, (_, at) => `"${String(at).padStart(2, '0')}":"x"`).join(',')}}`],
    ['v', '2'],
    ['zebra', '"1"'],
    ['__proto__', '{"a":"b"}'],
  ];
  test.each(bad)('refuse %s %s', (name, json) => {
    const bytes = utf8.encode(withField(name, json));
    expect(parses(bytes)).toBe(false);
    expect(scans(bytes)).toBe(false);
  });

  test('refuse a line without any one required field', () => {
    for (const field of FIELDS.filter((spec) => spec.required)) {
      const members = MINIMAL.slice(1, -1).split(/,(?=")/);
      const rest = members.filter((member) => !member.startsWith(`"${field.name}":`));
      expect(rest.length).toBe(members.length - 1);
      expectAgreement(utf8.encode(`{${rest.join(',')}}`));
      expect(scans(utf8.encode(`{${rest.join(',')}}`))).toBe(false);
    }
  });

  test('refuse lines over the limit, and take one at it', () => {
    const labels = Array.from({ length: 7 }, (_, at) => `"${at}":"${'x'.repeat(4096)}"`).join(',');
    const base = withField('labels', `{${labels},"9":"fill"}`);
    const fill = 'y'.repeat(32_768 - (base.length - 4));
    expect(fill.length).toBeLessThanOrEqual(4096);
    for (const [extra, taken] of [
      ['', true],
      ['y', false],
    ] as const) {
      const bytes = utf8.encode(base.replace('fill', fill + extra));
      expect(parses(bytes)).toBe(taken);
      expect(scans(bytes)).toBe(taken);
    }
  });

  test('the field index is the field table', () => {
    expect(FIELD_INDEX.get('action')).toBe(0);
    expect(FIELDS.map((field) => field.name)).toEqual(FIELDS.map((field) => field.name).toSorted());
  });
});
