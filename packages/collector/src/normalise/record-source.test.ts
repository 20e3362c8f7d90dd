import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countMembers, measureNesting } from './json-nesting.ts';
import { JsonSource, LineSource } from './record-source.ts';
import type { RecordSource } from './record-source.ts';

function body(text: string): { bytes: Buffer; length: number } {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.alloc(length + 1, 0xff);
  bytes.write(text);
  return { bytes, length };
}

/** Every record of a source as text, with its line; writes a newline at each end as the intake does. */
function recordsOf(source: RecordSource, bytes: Buffer): [number, string][] | string {
  const records: [number, string][] = [];
  for (;;) {
    const next = source.next();
    if (!next.ok) return next.fault.message;
    if (!next.value) return records;
    records.push([source.line, bytes.toString('utf8', source.start, source.end)]);
    bytes[source.end] = 0x0a;
  }
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

const BLANK = fc.constantFrom('', ' ', '\n', '\t', ' \r\n ');

describe('JSON bodies', () => {
  test('any array gives its elements, whatever stands between them', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.jsonValue(), BLANK, BLANK)), (elements) => {
        const text = `[${elements.map(([value, before, after]) => before + JSON.stringify(value) + after).join(',')}]`;
        const { bytes, length } = body(text);
        const records = recordsOf(new JsonSource(bytes, length), bytes);
        expect(records).toEqual(elements.map(([value], index) => [index + 1, JSON.stringify(value)]));
      }),
    );
  });

  test('a single value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), BLANK, (value, blank) => {
        const { bytes, length } = body(blank + JSON.stringify(value) + blank);
        expect(recordsOf(new JsonSource(bytes, length), bytes)).toEqual([[1, JSON.stringify(value)]]);
      }),
    );
  });

  test('a cut-off array is never taken for a whole one', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.nat(), (value, cut) => {
        const text = JSON.stringify(value);
        const { bytes, length } = body(text.slice(0, 1 + (cut % (text.length - 1))));
        expect(recordsOf(new JsonSource(bytes, length), bytes)).toBeTypeOf('string');
      }),
    );
  });

  test.each(['[,]', '[1,]', '[1 2]', '[1]]', '{}{}', '[', '["', ']', ',', '{'])('%s is no body', (text) => {
    const { bytes, length } = body(text);
    expect(recordsOf(new JsonSource(bytes, length), bytes)).toBeTypeOf('string');
  });
});

test('lines: their numbers count blank ones, their ends are trimmed', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('', '  ', '{"a":1}', ' x ', '\t{}\r'), { minLength: 1 }), (lines) => {
      const { bytes, length } = body(lines.join('\n'));
      const expected = lines.flatMap((line, index) => (line.trim() === '' ? [] : [[index + 1, line.trim()]]));
      expect(recordsOf(new LineSource(bytes, length), bytes)).toEqual(expected);
    }),
  );
});

test('nesting is measured as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify([value]);
      const { bytes, length } = body(text);
      expect(measureNesting(bytes, 0, length)).toEqual({
        end: length,
        depth: depthOf([value]),
        members: countMembers(value),
        isClosed: true,
      });
    }),
  );
});
