import * as fc from 'fast-check';
import { ipText } from './addresses.ts';
import { FIELDS, type FieldSpec } from './fields.ts';
import { recordOf } from './record-check.ts';
import type { AccessRecord } from './record.ts';
import { TIMESTAMP_MICROS_END, timestampFromMicros } from './timestamps.ts';
import { fitsUtf8 } from './utf8.ts';

/** Text of every difficulty: plain, escaped, of several bytes, and names that objects treat specially. */
const anyText = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.string({
      unit: fc.constantFrom('"', '\\', '\n', '\u0001', '\u001f', '\u007f', 'é', '\u2028'),
      minLength: 1,
      maxLength: 8,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('__proto__', 'constructor', '{}', 'a'.repeat(60), '\ufb01', '\u{1f600}', '\ue000'),
  },
);
const escapeFree = fc.string({
  unit: fc.constantFrom('a', 'b', 'z', 'X', '.', '-', '_', ' ', '0', '9', 'é', '\u{1f600}'),
  minLength: 1,
  maxLength: 16,
});

export const anyIp: fc.Arbitrary<string> = fc
  .oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc
      .array(fc.constantFrom(0, 0, 0, 1, 0xff), { minLength: 16, maxLength: 16 })
      .map((bytes) => Uint8Array.from(bytes)),
  )
  .map((bytes) => ipText(bytes));

const anyTimestamp: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: TIMESTAMP_MICROS_END - 1 })
  .map((micros) => timestampFromMicros(micros));

function integerUpTo(max: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 0, max }),
    fc.constantFrom(0, max),
    fc.integer({ min: 0, max: Math.min(max, 999) }),
  );
}

function valueArbitrary(field: FieldSpec): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'string':
    case 'text':
      return (field.escapeFree === true ? escapeFree : anyText).filter((text) => fitsUtf8(text, field.bytesMax));
    case 'ip':
      return anyIp;
    case 'timestamp':
      return anyTimestamp;
    case 'integer':
    case 'port':
      return integerUpTo(field.integerMax);
    case 'enum':
      return fc.constantFrom(...field.values);
    case 'version':
      return fc.constant(1);
    case 'labels':
      return fc
        .array(fc.tuple(anyText, anyText), { minLength: 1, maxLength: 5 })
        .map((entries): unknown => Object.fromEntries(entries));
    default:
      return field satisfies never;
  }
}

function recordFrom(values: readonly unknown[]): AccessRecord {
  const fields = FIELDS.map((field, index) => [field.name, values[index]] as const);
  const record = recordOf(Object.fromEntries(fields.filter(([, value]) => value !== undefined)));
  if (!record.ok) {
    throw new Error(record.fault.message);
  }
  return record.value;
}

/** Any valid record. */
export const anyRecord: fc.Arbitrary<AccessRecord> = fc
  .tuple(
    ...FIELDS.map((field) =>
      field.required ? valueArbitrary(field) : fc.option(valueArbitrary(field), { nil: undefined, freq: 2 }),
    ),
  )
  .map((values) => recordFrom(values));
