import { TIMESTAMP_MICROS_END } from '@portledger/format';
import type { FieldRef } from './field-ref.ts';
import { foldCase, compareText } from './text-order.ts';
import { mapLiterals, matchesAnything, plainText, wildcardCount } from './glob.ts';
import { parseIpRange } from './ip-range.ts';
import { WILDCARDS_MAX } from './limits.ts';
import { nearest } from '@portledger/format';
import { anyOf, NOTHING, type Query, type TextBound, type TextTarget } from './query.ts';
import { QueryFaultError, type Written } from './scanner.ts';
import type { SearchField } from './search-field.ts';
import { parseTime, type TimeSpan } from './time-literal.ts';

type WrittenBound = { readonly written: Written; readonly inclusive: boolean };

/** `[a TO b]` or a comparison; an open side is undefined. */
export type WrittenRange = {
  readonly position: number;
  readonly low: WrittenBound | undefined;
  readonly high: WrittenBound | undefined;
};

type FieldOf<K extends SearchField['kind']> = Extract<SearchField, { readonly kind: K }>;

/** The test that a value of a field stands for. Throws QueryFaultError if the field can't take the value. */
export function termOf(field: FieldRef, value: Written | WrittenRange, nowMicros: number): Query {
  if ('glob' in value && matchesAnything(value.glob)) return existence(field);
  if (!('glob' in value) && value.low === undefined && value.high === undefined) return existence(field);
  switch (field.kind) {
    case 'label':
      return textTerm({ kind: 'label', name: field.name }, undefined, value);
    case 'text':
      return textTerm({ kind: 'field', name: field.name }, field.values, value);
    case 'integer':
      return integerTerm(field, value);
    case 'time':
      return timeTerm(field, value, nowMicros);
    case 'ip':
      return ipTerm(field, value);
    case 'labels':
      throw new QueryFaultError(
        'bad-value',
        value.position,
        'labels needs the name of a label',
        'Write labels.NAME:value.',
      );
    default:
      return field satisfies never;
  }
}

/** A word without a field. A number that can be a port also finds records of that port. */
export function wordsTerm(word: Written): Query {
  boundWildcards(word);
  if (word.text === '') throw new QueryFaultError('bad-value', word.position, 'The quotes are empty');
  const words: Query = { kind: 'words', glob: mapLiterals(word.glob, foldCase) };
  const port = Number(word.text);
  if (word.quoted || !/^\d{1,5}$/.test(word.text) || port > 65_535) return words;
  const sides = (['src_port', 'dest_port'] as const).map((name): Query => ({
    kind: 'integer-range',
    name,
    low: port,
    high: port,
  }));
  return anyOf([words, ...sides]);
}

function existence(field: FieldRef): Query {
  return field.kind === 'label'
    ? { kind: 'label-exists', name: field.name }
    : { kind: 'field-exists', name: field.name };
}

function textTerm(target: TextTarget, values: readonly string[] | undefined, value: Written | WrittenRange): Query {
  // The values of an enum are lower case, so folding what was written makes the match ignore case.
  const fold = values === undefined ? (text: string) => text : (text: string) => text.toLowerCase();
  if ('glob' in value) {
    boundWildcards(value);
    const plain = plainText(value.glob);
    if (plain === undefined) return { kind: 'text-glob', target, glob: mapLiterals(value.glob, fold) };
    if (plain === '' && target.kind === 'field') {
      throw new QueryFaultError(
        'bad-value',
        value.position,
        'No record has an empty value',
        `Write NOT ${target.name}:* for records without it.`,
      );
    }
    if (values !== undefined && !values.includes(fold(plain))) throw unknownValue(value, plain, values, target.name);
    return { kind: 'text-equals', target, value: fold(plain) };
  }
  const low = textBound(value.low, fold);
  const high = textBound(value.high, fold);
  if (low !== undefined && high !== undefined) {
    const order = compareText(low.value, high.value);
    if (order > 0) throw upsideDown(value);
    if (order === 0 && !(low.inclusive && high.inclusive)) return NOTHING;
  }
  return { kind: 'text-range', target, ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) };
}

function textBound(bound: WrittenBound | undefined, fold: (text: string) => string): TextBound | undefined {
  return bound === undefined ? undefined : { value: fold(bound.written.text), inclusive: bound.inclusive };
}

function unknownValue(value: Written, plain: string, values: readonly string[], name: string): QueryFaultError {
  const near = nearest(plain, values);
  const hint = near === undefined ? `It is one of: ${values.join(', ')}.` : `Did you mean “${near}”?`;
  return new QueryFaultError('bad-value', value.position, `${name} is never “${plain}”`, hint);
}

function integerTerm(field: FieldOf<'integer'>, value: Written | WrittenRange): Query {
  if ('glob' in value) {
    const number = integer(field, value);
    return { kind: 'integer-range', name: field.name, low: number, high: number };
  }
  const low = value.low && integer(field, value.low.written) + (value.low.inclusive ? 0 : 1);
  const high = value.high && integer(field, value.high.written) - (value.high.inclusive ? 0 : 1);
  return closedRange({ kind: 'integer-range', name: field.name }, low, high, field.integerMax, value);
}

function integer(field: FieldOf<'integer'>, written: Written): number {
  const number = Number(written.text);
  if (/^\d+$/.test(written.text)) {
    if (number <= field.integerMax) return number;
    throw new QueryFaultError('bad-value', written.position, `${field.name} is at most ${field.integerMax}`);
  }
  const hint = `Write a whole number, a range (${field.name}:[1 TO 9]) or a comparison (${field.name}:>=1).`;
  throw new QueryFaultError(
    'bad-value',
    written.position,
    `${field.name} is a number and “${written.text}” is not`,
    hint,
  );
}

function timeTerm(field: FieldOf<'time'>, value: Written | WrittenRange, nowMicros: number): Query {
  const base = { kind: 'time-range', name: field.name } as const;
  if ('glob' in value) return { ...base, ...time(value, nowMicros) };
  const from = value.low && time(value.low.written, nowMicros);
  const to = value.high && time(value.high.written, nowMicros);
  // A literal covers a span (a date a whole day): `[` begins with it and `{` after it, `]` ends with it and `}` before it.
  const low = from && (value.low?.inclusive ? from.low : from.high + 1);
  const high = to && (value.high?.inclusive ? to.high : to.low - 1);
  return closedRange(base, low, high, TIMESTAMP_MICROS_END - 1, value);
}

function time(written: Written, nowMicros: number): TimeSpan {
  const span = parseTime(written.text, nowMicros);
  if (span.ok) return span.value;
  const hint = 'Write 2026-01-31, 2026-01-31T08:00:00Z, an epoch, now, now-1h or now/d.';
  throw new QueryFaultError('bad-value', written.position, span.fault, hint);
}

function closedRange(
  base:
    | { readonly kind: 'integer-range'; readonly name: FieldOf<'integer'>['name'] }
    | { readonly kind: 'time-range'; readonly name: FieldOf<'time'>['name'] },
  low: number | undefined,
  high: number | undefined,
  max: number,
  range: WrittenRange,
): Query {
  // Past an end that is not included, such as `>65535` for a port, there is nothing.
  if ((low ?? 0) > max || (high ?? 0) < 0) return NOTHING;
  if (low !== undefined && high !== undefined && low > high) {
    // Upside down only if it stays empty with both ends included; `{5 TO 6}` is merely empty.
    if (low - (range.low?.inclusive === true ? 0 : 1) > high + (range.high?.inclusive === true ? 0 : 1))
      throw upsideDown(range);
    return NOTHING;
  }
  return { ...base, ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) };
}

function ipTerm(field: FieldOf<'ip'>, value: Written | WrittenRange): Query {
  const base = { kind: 'ip-range', name: field.name } as const;
  if ('glob' in value) return { ...base, ...address(field, value) };
  const from = value.low && address(field, value.low.written);
  const to = value.high && address(field, value.high.written);
  const digits = (from ?? to)?.low.length ?? 0;
  const low =
    from === undefined ? '0'.repeat(digits) : value.low?.inclusive === true ? from.low : stepped(from.high, 1n);
  const high = to === undefined ? 'f'.repeat(digits) : value.high?.inclusive === true ? to.high : stepped(to.low, -1n);
  if ((from?.low.length ?? digits) !== (to?.low.length ?? digits)) {
    throw new QueryFaultError('bad-value', value.position, 'The range mixes IPv4 and IPv6', 'Join two ranges with OR.');
  }
  if (low === undefined || high === undefined) return NOTHING;
  if (low > high) {
    if (from !== undefined && to !== undefined && from.low > to.high) throw upsideDown(value);
    return NOTHING;
  }
  return { ...base, low, high };
}

/** The neighbouring address; undefined past the family's end. */
function stepped(hex: string, by: bigint): string | undefined {
  const moved = BigInt(`0x${hex}`) + by;
  const text = moved.toString(16).padStart(hex.length, '0');
  return moved < 0n || text.length > hex.length ? undefined : text;
}

function address(field: FieldOf<'ip'>, written: Written): { low: string; high: string } {
  const range = parseIpRange(written.text);
  if (range !== undefined) return range;
  const hint = `Write an address, a block (${field.name}:10.0.0.0/8, ${field.name}:"fd00::/8") or a range.`;
  throw new QueryFaultError(
    'bad-value',
    written.position,
    `“${written.text}” is not an IP address or CIDR block`,
    hint,
  );
}

function boundWildcards(written: Written): void {
  if (wildcardCount(written.glob) <= WILDCARDS_MAX) return;
  throw new QueryFaultError(
    'bad-value',
    written.position,
    `A value takes at most ${WILDCARDS_MAX} wildcards`,
    'Quote the text if * and ? are meant as they stand.',
  );
}

function upsideDown(range: WrittenRange): QueryFaultError {
  return new QueryFaultError('bad-value', range.position, 'The range ends before it begins', 'Swap its two ends.');
}
