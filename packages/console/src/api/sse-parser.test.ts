import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { createSseParser } from './sse-parser.ts';

describe('the live stream parser', () => {
  test('reads names, several data lines and comments', () => {
    const parse = createSseParser();
    expect(parse(': hello\n\nevent: record\ndata: {"a":1}\n\n')).toEqual([
      { event: 'comment' },
      { event: 'record', data: '{"a":1}' },
    ]);
    expect(parse('data: one\ndata:two\r\n\r\n')).toEqual([{ event: 'message', data: 'one\ntwo' }]);
  });

  test('gives the same events however the stream is cut', () => {
    const stream = 'event: record\r\ndata: {"x":"é"}\r\n\r\n: alive\n\nevent: dropped\ndata: {"count":3}\n\n';
    const whole = createSseParser()(stream);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 12 }), (cuts) => {
        const parse = createSseParser();
        const places = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        const pieces = places.slice(1).map((end, at) => stream.slice(places[at], end));
        expect(pieces.flatMap((piece) => parse(piece))).toEqual(whole);
      }),
    );
  });

  test('refuses an event without end', () => {
    expect(() => createSseParser()(`data: ${'x'.repeat((1 << 20) + 10)}`)).toThrow(RangeError);
  });
});
