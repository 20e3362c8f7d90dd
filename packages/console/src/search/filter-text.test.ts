import { describe, expect, test } from 'vitest';
import { markPosition, parenthesesPair, quoteValue, scopeQuery, withClause, withoutOwnRecords } from './filter-text.ts';

describe('adding a clause', () => {
  test.each([
    ['', 'user', 'alice', false, 'user:alice'],
    ['', 'user', 'alice', true, 'NOT user:alice'],
    ['dest_port:5432', 'user', 'alice', false, 'dest_port:5432 AND user:alice'],
    ['user:alice', 'user', 'alice', false, 'user:alice'],
    ['a:1 AND user:alice', 'user', 'alice', true, 'a:1 AND NOT user:alice'],
    ['NOT user:alice', 'user', 'alice', false, 'user:alice'],
    ['user:a OR user:b', 'dest_port', 22, false, '(user:a OR user:b) AND dest_port:22'],
    ['', 'src_ip', '::1', false, 'src_ip:"::1"'],
  ])('%j + %s:%s (exclude %s)', (query, field, value, exclude, wanted) => {
    expect(withClause(query, field, value, exclude)).toBe(wanted);
  });

  test('quotes what would be read as syntax', () => {
    expect(quoteValue('10.0.0.1')).toBe('10.0.0.1');
    expect(quoteValue('and')).toBe('"and"');
    expect(quoteValue('a "b" \\')).toBe('"a \\"b\\" \\\\"');
    expect(quoteValue('wild*')).toBe('"wild*"');
    expect(quoteValue('')).toBe('""');
  });
});

describe('joining query and time', () => {
  const hour = { kind: 'last', span: '1h' } as const;
  const second = { kind: 'between', fromMs: 0, toMs: 1000 } as const;
  const time = 'timestamp:["1970-01-01T00:00:00.000Z" TO "1970-01-01T00:00:01.000Z"]';

  test('wraps the query and keeps fault positions right', () => {
    const scoped = scopeQuery('user:a OR b', second);
    expect(scoped.text).toBe(`(user:a OR b) AND ${time}`);
    expect(markPosition(9, scoped, 'user:a OR b')).toBe(8);
    expect(markPosition(500, scoped, 'user:a OR b')).toBe(11);
  });

  test('asks for time alone when nothing is typed, and for nothing when neither is there', () => {
    expect(scopeQuery('  ', second).text).toBe(time);
    expect(scopeQuery('', { kind: 'all' }).text).toBe('');
    expect(scopeQuery('x', hour).text).toBe('(x) AND timestamp:[now-1h TO *]');
  });

  test.each(['a) OR (b', 'user:"x', '(a', 'a)'])('sends %j as it is, to be refused', (query) => {
    expect(parenthesesPair(query)).toBe(false);
    expect(scopeQuery(query, hour).text).toBe(query);
  });

  test('does not count what stands in quotes', () => {
    expect(parenthesesPair('user:"a) (" AND (b)')).toBe(true);
    expect(parenthesesPair('user:"a\\")" AND b')).toBe(true);
  });
});

describe('without Portledger’s own records', () => {
  test('the typed query keeps its meaning, and its place is known', () => {
    const { text, offset } = withoutOwnRecords('user:alice OR user:bob');
    expect(text).toMatch(/^\(user:alice OR user:bob\) AND NOT \(/);
    expect(text.slice(offset)).toMatch(/^user:alice/);
    expect(withoutOwnRecords('  ').text).toMatch(/^NOT \(/);
  });

  test('what does not pair up is sent as it is', () => {
    expect(withoutOwnRecords('user:"alice')).toEqual({ text: 'user:"alice', offset: 0 });
  });
});
