import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatQuery } from './format-query.ts';
import { parseQuery } from './parse-query.ts';
import { arbitraryQuery } from './testing/arbitrary-query.ts';

test('parsing the print of a query gives the query', () => {
  fc.assert(
    fc.property(arbitraryQuery, (query) => {
      expect(parseQuery(formatQuery(query), { now: 0 })).toEqual({ ok: true, value: query });
    }),
    { numRuns: 2000 },
  );
});
