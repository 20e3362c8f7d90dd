import * as fc from 'fast-check';
import { ACTIONS, OUTCOMES, timestampFromMicros, type AccessRecord } from '@portledger/format';
import type { Hit } from '../hit.ts';

/** A few values that meet often, so that filters made from the same ones match often. */
export const SAMPLE_TEXTS = [
  'alice',
  'Alice',
  'bob',
  'al*ce',
  'a"b\\c',
  'ünï 漢',
  '𝒳y',
  '\u{e000}',
  'a%b_c',
  'line\nbreak',
  '500',
  '404',
  'İstanbul ΣΑΣ',
];
export const SAMPLE_IPS = [
  '10.0.0.1',
  '10.0.0.2',
  '10.200.3.4',
  '192.168.1.1',
  'fd00::1',
  'fd00:1::2',
  '2001:db8::5',
  'a00::1',
];
export const SAMPLE_LABELS = ['region', 'a/b', 'x~y', 'odd name', '$.q"', '0'];
export const SAMPLE_START = Date.UTC(2026, 10, 22) * 1000;

const text = fc.oneof(
  fc.constantFrom(...SAMPLE_TEXTS),
  fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }).filter((value) => value.isWellFormed()),
);
const integer = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom(Number.MAX_SAFE_INTEGER, 2 ** 40, 443));
const micros = fc.oneof(
  fc.integer({ min: 0, max: 9 }).map((n) => SAMPLE_START + n * 86_400_000_000),
  fc.integer({ min: SAMPLE_START, max: SAMPLE_START + 1e12 }),
);
const ip = fc.constantFrom(...SAMPLE_IPS);

/** Records with few fields, so that every field is absent in some. */
export const arbitraryRecord: fc.Arbitrary<AccessRecord> = fc.record(
  {
    v: fc.constant(1 as const),
    timestamp: micros.map((value) => timestampFromMicros(value)),
    action: fc.constantFrom(...ACTIONS),
    outcome: fc.constantFrom(...OUTCOMES),
    user: text,
    service: text,
    statement: text,
    status: text,
    original: text,
    src_ip: ip,
    dest_ip: ip,
    src_port: fc.constantFrom(0, 22, 5432, 65_535),
    dest_port: fc.constantFrom(0, 22, 5432, 65_535),
    bytes_in: integer,
    pid: fc.integer({ min: 0, max: 4 }),
    observer: fc.constantFrom('host-a', 'host-b'),
    observer_kind: fc.constant('agent' as const),
    session: fc.constant('s1'),
    seq: integer,
    labels: fc
      .dictionary(fc.constantFrom(...SAMPLE_LABELS), text, { minKeys: 1, maxKeys: 3 })
      .map((labels) => Object.fromEntries(Object.entries(labels))),
  },
  { requiredKeys: ['v', 'timestamp', 'action', 'observer', 'observer_kind', 'session', 'seq'] },
);

/** Hits in the order of addresses, one class and batch for each. */
export function hitsFrom(records: readonly AccessRecord[]): Hit[] {
  return records.map((record, position) => ({
    block: 0,
    position,
    received: timestampFromMicros(SAMPLE_START + 5),
    class: 'standard',
    record,
  }));
}
