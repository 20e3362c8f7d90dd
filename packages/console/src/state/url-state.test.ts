import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { readPastedCredential, searchFromView, signInCodeFromHash, viewFromSearch } from './url-state.ts';
import type { ViewState } from './url-state.ts';
import { QUICK_SPANS, betweenRange, rangeFromText } from './time-range.ts';

const range = fc.oneof(
  fc.constantFrom(...QUICK_SPANS).map((span) => ({ kind: 'last' as const, span })),
  fc.constant({ kind: 'all' as const }),
  fc
    .tuple(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 1e12 }))
    .map(([fromMs, length]) => ({ kind: 'between' as const, fromMs, toMs: fromMs + length })),
);

const view: fc.Arbitrary<ViewState> = fc
  .record({
    query: fc.string({ unit: 'grapheme' }),
    range,
    live: fc.boolean(),
    own: fc.boolean(),
    at: fc.option(fc.record({ block: fc.nat(), position: fc.nat(8191) })),
  })
  .map(({ query, range: held, live, own, at }): ViewState => {
    const asked = { query, range: held, live: live && held.kind !== 'between', own };
    return at === null ? asked : Object.assign(asked, { selected: at });
  });

describe('the view in the address', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(view, (held) => {
        expect(viewFromSearch(searchFromView(held))).toEqual(held);
      }),
    );
  });

  test('is empty for the plain page', () => {
    expect(searchFromView(viewFromSearch(''))).toBe('');
  });

  test('survives nonsense', () => {
    expect(viewFromSearch('?range=yesterday&record=a.b&live=perhaps')).toEqual(viewFromSearch(''));
  });
});

describe('ranges', () => {
  test.each(['', '2026', 'a~b', '2026-01-01T00:00:00Z~2026-01-01T00:00:00Z', '1h~2h~3h'])('refuses %j', (text) => {
    expect(rangeFromText(text)).toBeUndefined();
  });

  test('takes two moments in either order', () => {
    expect(betweenRange(2000.4, 1000.6)).toEqual({ kind: 'between', fromMs: 1000, toMs: 2001 });
  });
});

describe('signing in', () => {
  test('finds the code in a fragment, a link, or by itself', () => {
    expect(signInCodeFromHash('#signin=abc')).toBe('abc');
    expect(signInCodeFromHash('#')).toBeUndefined();
    expect(readPastedCredential(' http://127.0.0.1:7071/#signin=abc ')).toEqual({ kind: 'code', code: 'abc' });
    expect(readPastedCredential('abc')).toEqual({ kind: 'code', code: 'abc' });
    expect(readPastedCredential('plt_x')).toEqual({ kind: 'token', token: 'plt_x' });
    expect(readPastedCredential('http://127.0.0.1:7071/#other')).toBeUndefined();
  });
});
