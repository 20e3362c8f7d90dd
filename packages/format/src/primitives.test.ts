import * as fc from 'fast-check';
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { describe, expect, test } from 'vitest';
import { canonicalIp, ipBytes, ipSortKey, ipText } from './addresses.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { canonicalJson } from './canonical-json.ts';
import { anyIp } from './record-arbitrary.ts';
import { sha256 } from './sha256.ts';
import { formatNote, parseNote } from './signed-note.ts';
import { TIMESTAMP_MICROS_END, microsFromTimestamp, timestampFormatter, timestampFromMicros } from './timestamps.ts';
import { utf8Length } from './utf8.ts';

describe('sha256', () => {
  test('gives the published digests', () => {
    const hex = (text: string) => Buffer.from(sha256(new TextEncoder().encode(text))).toString('hex');
    expect(hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  test('gives what Node gives, at every length around the blocks', () => {
    for (let length = 0; length < 200; length += 1) {
      const bytes = new Uint8Array(length).map((_, at) => at * 7 + length);
      expect(Buffer.from(sha256(bytes))).toEqual(createHash('sha256').update(bytes).digest());
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        expect(Buffer.from(sha256(bytes))).toEqual(createHash('sha256').update(bytes).digest());
      }),
    );
  });
});

describe('base64', () => {
  test('round trips, and writes what Node writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
      }),
    );
  });

  test('takes no text but the one that it writes', () => {
    const texts = fc.string({
      unit: fc.constantFrom('A', 'B', 'g', '/', '+', '=', '-', '_', '\n', ' ', 'é'),
      maxLength: 9,
    });
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = decodeBase64(text);
        expect(bytes === undefined || encodeBase64(bytes) === text).toBe(true);
      }),
      { numRuns: 3000 },
    );
    for (const text of ['A', 'AA', 'AAA', 'AB==', 'AAB=', 'AA==AAAA', '====', 'AA==\n', 'AAA-', 'Ą===']) {
      expect(decodeBase64(text), text).toBeUndefined();
    }
  });
});

describe('addresses', () => {
  test('round trip, as Node knows them', () => {
    fc.assert(
      fc.property(anyIp, (text) => {
        const bytes = ipBytes(text) ?? new Uint8Array(0);
        expect(isIP(text)).toBe(bytes.length === 4 ? 4 : 6);
        expect(ipText(bytes)).toBe(text);
        expect(canonicalIp(text)).toBe(text);
        expect(canonicalIp(text.toUpperCase())).toBe(text);
        expect(ipSortKey(text)).toMatch(/^[0-9a-f]{32}$/);
      }),
    );
  });

  test('of any text are those that Node takes, but for zones', () => {
    const texts = fc.string({
      unit: fc.constantFrom('0', '1', 'a', 'F', 'f', ':', ':', '.', '255', '::', '%', ' '),
      maxLength: 14,
    });
    fc.assert(
      fc.property(texts, (text) => {
        expect(canonicalIp(text) !== undefined, text).toBe(isIP(text) !== 0 && !text.includes('%'));
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::0001', '2001:db8::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical);
  });

  test('sort as they count', () => {
    const sorted = ['9.255.255.255', '10.0.0.2', '10.0.0.10', '192.0.2.1', '2001:db8::1', 'fe80::1'];
    expect(sorted.toReversed().toSorted((a, b) => (ipSortKey(a) < ipSortKey(b) ? -1 : 1))).toEqual(sorted);
    expect(() => ipSortKey('x')).toThrow(RangeError);
    expect(() => ipText(new Uint8Array(5))).toThrow(RangeError);
  });
});

describe('timestamps', () => {
  test('round trip, as Date knows them', () => {
    const format = timestampFormatter();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: TIMESTAMP_MICROS_END - 1 }), (micros) => {
        const text = timestampFromMicros(micros);
        expect(text.length).toBe(27);
        expect(microsFromTimestamp(text)).toBe(micros);
        expect(format(micros)).toBe(text);
        expect(timestampFromMicros(BigInt(micros))).toBe(text);
        expect(Date.parse(text)).toBe(Math.floor(micros / 1000));
      }),
    );
  });

  test('are refused where there is no such moment', () => {
    for (const text of [
      '2026-13-01T00:00:00.000000Z',
      '2026-00-01T00:00:00.000000Z',
      '2026-02-29T00:00:00.000000Z',
      '2100-02-29T00:00:00.000000Z',
    ]) {
      expect(microsFromTimestamp(text), text).toBeUndefined();
    }
    for (const micros of [-1, TIMESTAMP_MICROS_END, 0.5, Number.NaN]) {
      expect(() => timestampFromMicros(micros)).toThrow(RangeError);
    }
  });
});

describe('canonicalJson', () => {
  test('writes the example of RFC 8785, section 3.2.4', () => {
    const input = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    );
    expect(canonicalJson(input)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test('sorts by UTF-16 code units, as in section 3.2.3', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];
    const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33'];
    const written = canonicalJson(Object.fromEntries(names.map((name) => [name, ''])));
    expect(written).toBe(`{${sorted.map((name) => `${JSON.stringify(name)}:""`).join(',')}}`);
  });

  test('round trips any JSON and is settled', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(JSON.parse(JSON.stringify(value)));
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  test('refuses what has no JSON or no UTF-8', () => {
    expect(() => canonicalJson('\ud800')).toThrow(TypeError);
    expect(() => canonicalJson({ '\udc00': 1 })).toThrow(TypeError);
    expect(() => canonicalJson(Number.NaN)).toThrow(RangeError);
    expect(canonicalJson(-0)).toBe('0');
  });
});

test('utf8Length counts what is encoded', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
    }),
  );
});

describe('signed notes', () => {
  const signature = { name: 'example.org', keyId: '00c0ffee', signature: new Uint8Array(64) };

  test('read back as written, empty lines in the text and all', () => {
    const note = { text: 'a\n\nb\n', signatures: [signature, { ...signature, name: 'other.example/ø' }] };
    expect(parseNote(formatNote(note))).toEqual({ ok: true, value: note });
  });

  test.each([
    '',
    '\n\n',
    'text\n',
    'text\n\n',
    'text\n\n— name AAAAAAA=',
    'text\n\n— name AAAAAAA=\n\n',
    'text\n\n— name AAAAAAA= \n',
    'text\n\n—  name AAAAAAA=\n',
    'text\n\n- name AAAAAAA=\n',
    'text\n\n— na+me AAAAAAA=\n',
    'text\n\n— name AAAA\n',
    'text\n\n— name AAAAAAB=\n',
    'text\r\n\n— name AAAAAAA=\n',
    'text\n\n— na\u00a0me AAAAAAA=\n',
    `text\n\n${'— name AAAAAAA=\n'.repeat(65)}`,
  ])('are refused: %j', (note) => {
    expect(parseNote(note)).toMatchObject({ ok: false, fault: { code: 'malformed-note' } });
  });

  test('are not written where they would not read back', () => {
    expect(() => formatNote({ text: 'no newline', signatures: [signature] })).toThrow(RangeError);
    expect(() => formatNote({ text: 'text\n', signatures: [] })).toThrow(RangeError);
    expect(() => formatNote({ text: 'text\n', signatures: [{ ...signature, name: 'a b' }] })).toThrow(RangeError);
  });
});
