import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatQuery } from './format-query.ts';
import { QUERY_DEPTH_MAX, QUERY_LENGTH_MAX } from './limits.ts';
import { parseQuery } from './parse-query.ts';

const NOW = Date.UTC(2026, 10, 22, 15, 30) * 1000;

/** The filter as it is printed once read, or its fault. */
function read(text: string): unknown {
  const parsed = parseQuery(text, { now: NOW });
  return parsed.ok ? formatQuery(parsed.value) : parsed.fault;
}

test.each([
  ['', '*:*'],
  ['a b', '"a" AND "b"'],
  ['a OR b AND NOT c', '"a" OR "b" AND NOT "c"'],
  ['(a OR b) c', '("a" OR "b") AND "c"'],
  ['a && (b || !c)', '"a" AND ("b" OR NOT "c")'],
  ['user:(alice OR bob)', 'user:"alice" OR user:"bob"'],
  ['user:(* AND NOT billing)', 'user:* AND NOT user:"billing"'],
  [
    'ACTION:login',
    { code: 'unknown-field', position: 0, message: 'There is no field “ACTION”', hint: 'Did you mean “action”?' },
  ],
  ['action:Connection-Closed', 'action:"connection-closed"'],
  ['action:CONNECTION-*', String.raw`action:connection\-*`],
  ['-port:22', 'NOT (src_port:22 OR dest_port:22)'],
  ['src_ip:10.20.*', 'src_ip:"10.20.0.0/16"'],
  ['src_ip:10.20.30.40/8', 'src_ip:"10.0.0.0/8"'],
  ['ip:::ffff:10.0.0.1', 'src_ip:"10.0.0.1" OR dest_ip:"10.0.0.1"'],
  ['src_ip:::ffff:10.0.0.0/104', 'src_ip:"10.0.0.0/8"'],
  ['src_ip:{10.0.0.1 TO *]', 'src_ip:[10.0.0.2 TO 255.255.255.255]'],
  ['fd00::/8', 'src_ip:"fd00::/8" OR dest_ip:"fd00::/8"'],
  ['dest_port:>65535', 'NOT *:*'],
  ['dest_port:{22 TO 23}', 'NOT *:*'],
  ['user:[a TO b}', 'user:["a" TO "b"}'],
  ['labels.a/b:"x\\ty"', String.raw`labels.a\/b:"x\u0009y"`],
  ['timestamp:now', 'timestamp:"2026-11-22T15:30:00.000000Z"'],
  ['timestamp:>=now-1d/d', 'timestamp:["2026-11-21T00:00:00.000000Z" TO *]'],
  ['timestamp:>2026-11-22', 'timestamp:["2026-11-23T00:00:00.000000Z" TO *]'],
  ['timestamp:<=2026-02', 'timestamp:[* TO "2026-02-28T23:59:59.999999Z"]'],
  ['timestamp:now/w', 'timestamp:["2026-11-16T00:00:00.000000Z" TO "2026-11-22T23:59:59.999999Z"]'],
  ['timestamp:2026-03-31||-1M', 'timestamp:["2026-02-28T00:00:00.000000Z" TO "2026-02-28T23:59:59.999999Z"]'],
  [
    'timestamp:2026-11-22T15:30:00.5+01:00',
    'timestamp:["2026-11-22T14:30:00.500000Z" TO "2026-11-22T14:30:00.599999Z"]',
  ],
  ['timestamp:1795361400123', 'timestamp:["2026-11-22T15:30:00.123000Z" TO "2026-11-22T15:30:00.123999Z"]'],
])('%s reads as %s', (text, expected) => {
  expect(read(text)).toEqual(expected);
});

describe('faults', () => {
  test.each([
    ['usr:x', 'unknown-field', 0],
    ['a AND usr:x', 'unknown-field', 6],
    ['dest_port:ssh', 'bad-value', 10],
    ['dest_port:65536', 'bad-value', 10],
    ['dest_port:-1', 'bad-value', 10],
    ['bytes_in:99999999999999999999', 'bad-value', 9],
    ['src_ip:10.0.0.0/33', 'bad-value', 7],
    ['src_ip:010.0.0.1', 'bad-value', 7],
    ['src_ip:fe80::1%eth0', 'bad-value', 7],
    ['src_ip:[10.0.0.1 TO fd00::1]', 'bad-value', 7],
    ['timestamp:2026-02-30', 'bad-value', 10],
    ['timestamp:now-9999999y', 'bad-value', 10],
    ['timestamp:[2026-02-02 TO 2026-01-01]', 'bad-value', 10],
    ['user:""', 'bad-value', 5],
    ['labels:x', 'bad-value', 7],
    ['outcome:won', 'bad-value', 8],
    ['(a', 'syntax', 0],
    ['a)', 'syntax', 1],
    ['a AND', 'syntax', 5],
    ['OR a', 'syntax', 0],
    ['a or b', 'syntax', 2],
    ['"a', 'syntax', 0],
    ['a\\', 'syntax', 1],
    ['user:', 'syntax', 5],
    ['user:[a b]', 'syntax', 8],
    ['user:[a TO b', 'syntax', 5],
    ['[a TO b]', 'syntax', 0],
    [':x', 'syntax', 0],
    ['user:"\\u12"', 'syntax', 6],
    ['(', 'syntax', 1],
    [`${'('.repeat(QUERY_DEPTH_MAX + 1)}a`, 'too-deep', QUERY_DEPTH_MAX + 1],
    ['a'.repeat(QUERY_LENGTH_MAX + 1), 'too-long', QUERY_LENGTH_MAX],
    [`user:(${'a OR '.repeat(256)}a)`, 'too-many-terms', 1287],
    [`user:${'a*'.repeat(17)}`, 'bad-value', 5],
  ])('%s', (text, code, position) => {
    expect(read(text)).toMatchObject({ code, position });
  });
});

test('any text is read or refused, never thrown at', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom('(', ')', '"', '\\', ':', 'user:', 'ip:', '[', ' TO ', ']', 'NOT ', ' OR ', 'now/', '*', '>='),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const parsed = parseQuery(text, { now: NOW });
      if (!parsed.ok) {
        expect(parsed.fault.position).toBeLessThanOrEqual(text.length);
        return;
      }
      expect(parseQuery(formatQuery(parsed.value), { now: NOW })).toEqual(parsed);
    }),
    { numRuns: 5000 },
  );
});
