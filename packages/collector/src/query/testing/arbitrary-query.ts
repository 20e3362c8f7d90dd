import * as fc from 'fast-check';
import { hexOf, ipBytes } from '@portledger/format';
import { normalisedGlob, mapLiterals, matchesAnything, type Glob } from '../glob.ts';
import { allOf, anyOf, type Query, type TextTarget } from '../query.ts';
import { compareText, foldCase } from '../text-order.ts';
import { SAMPLE_IPS, SAMPLE_LABELS, SAMPLE_START, SAMPLE_TEXTS } from './arbitrary-hit.ts';

const text = fc.oneof(
  fc.constantFrom(...SAMPLE_TEXTS),
  fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' }).filter((value) => value.isWellFormed()),
);
const target: fc.Arbitrary<TextTarget> = fc.oneof(
  fc
    .constantFrom('user', 'service', 'statement', 'status', 'class', 'observer')
    .map((name): TextTarget => ({ kind: 'field', name: textName(name) })),
  fc.constantFrom(...SAMPLE_LABELS, 'absent').map((name): TextTarget => ({ kind: 'label', name })),
);

function textName(name: string): Extract<TextTarget, { kind: 'field' }>['name'] {
  const names = ['user', 'service', 'statement', 'status', 'class', 'observer'] as const;
  return names.find((known) => known === name) ?? 'user';
}

const glob: fc.Arbitrary<Glob> = fc
  .array(
    fc.oneof(
      fc.constant('many' as const),
      fc.constant('one' as const),
      text.map((literal) => ({ literal })),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map(normalisedGlob)
  .filter((parts) => !matchesAnything(parts) && parts.some((part) => typeof part === 'string'));

const bounds = (value: fc.Arbitrary<number>) =>
  fc
    .tuple(fc.option(value, { nil: undefined }), fc.option(value, { nil: undefined }))
    .filter(([low, high]) => low !== undefined || high !== undefined)
    .map(([low, high]) => (low !== undefined && high !== undefined && low > high ? [high, low] : [low, high]))
    .map(([low, high]) => Object.assign({}, low === undefined ? {} : { low }, high === undefined ? {} : { high }));

const ipRange = fc
  .tuple(fc.constantFrom(...SAMPLE_IPS), fc.integer({ min: 0, max: 16 }))
  .map(([address, hostDigits]) => {
    const hex = hexOf(ipBytes(address) ?? new Uint8Array(4));
    const kept = Math.max(0, hex.length - hostDigits);
    return { low: hex.slice(0, kept).padEnd(hex.length, '0'), high: hex.slice(0, kept).padEnd(hex.length, 'f') };
  });

const textRange = fc
  .tuple(target, text, text, fc.boolean(), fc.boolean(), fc.constantFrom('both', 'low', 'high'))
  .filter(([, a, b]) => a !== b)
  .map(([at, a, b, lowIn, highIn, sides]): Query => {
    const [low, high] = compareText(a, b) < 0 ? [a, b] : [b, a];
    const base = { kind: 'text-range', target: at } as const;
    const from = { low: { value: low ?? '', inclusive: lowIn } };
    const to = { high: { value: high ?? '', inclusive: highIn } };
    if (sides === 'both') return Object.assign(base, from, to);
    return Object.assign(base, sides === 'low' ? from : to);
  });

const micros = fc.integer({ min: 0, max: 9 }).map((n) => SAMPLE_START + n * 86_400_000_000);

const term: fc.Arbitrary<Query> = fc.oneof(
  fc
    .constantFrom('user', 'outcome', 'src_ip', 'bytes_in', 'labels', 'block')
    .map((name): Query => ({ kind: 'field-exists', name: existsName(name) })),
  fc.constantFrom(...SAMPLE_LABELS, 'absent').map((name): Query => ({ kind: 'label-exists', name })),
  fc.tuple(target, text).map(([at, value]): Query => ({ kind: 'text-equals', target: at, value })),
  fc.tuple(target, glob).map(([at, pattern]): Query => ({ kind: 'text-glob', target: at, glob: pattern })),
  textRange,
  bounds(fc.integer({ min: 0, max: 6 })).map((range): Query =>
    Object.assign({ kind: 'integer-range', name: 'bytes_in' } as const, range),
  ),
  bounds(fc.constantFrom(0, 22, 5432, 65_535)).map((range): Query =>
    Object.assign({ kind: 'integer-range', name: 'dest_port' } as const, range),
  ),
  bounds(micros).map((range): Query => Object.assign({ kind: 'time-range', name: 'timestamp' } as const, range)),
  ipRange.map((range): Query => Object.assign({ kind: 'ip-range', name: 'src_ip' } as const, range)),
  fc
    .oneof(
      glob,
      text.map((literal): Glob => [{ literal }]),
    )
    .map((pattern): Query => ({ kind: 'words', glob: mapLiterals(pattern, foldCase) })),
);

function existsName(name: string): Extract<Query, { kind: 'field-exists' }>['name'] {
  const names = ['user', 'outcome', 'src_ip', 'bytes_in', 'labels', 'block'] as const;
  return names.find((known) => known === name) ?? 'user';
}

/** Queries of every kind, some levels deep, in the shape that the parser gives. */
export const arbitraryQuery: fc.Arbitrary<Query> = fc.letrec<{ query: Query }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    term,
    fc.array(tie('query'), { minLength: 2, maxLength: 3 }).map(allOf),
    fc.array(tie('query'), { minLength: 2, maxLength: 3 }).map(anyOf),
    tie('query').map((operand): Query => ({ kind: 'not', operand })),
  ),
})).query;
