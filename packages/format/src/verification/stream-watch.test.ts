import { describe, expect, test } from 'vitest';
import type { BatchEntry } from '../manifest.ts';
import type { AccessRecord, Labels } from '../record.ts';
import { StreamWatch as PlainStreamWatch } from './stream-watch-plainly.ts';
import { StreamWatch } from './stream-watch.ts';
import { VerifyLog } from './verify-log.ts';

const signed = { count: 1, first_seq: 0, key: '0'.repeat(16), lines_sha256: '0'.repeat(64), signature: '' };
const place = { file: 'segments' };

function entry(first: number, count: number, isSigned: boolean, observer = 'web-1'): BatchEntry {
  const stream = { observer, session: 's', first_seq: first, count, received: '2026-11-22T14:36:49.123456Z' };
  return isSigned ? { ...stream, signed } : stream;
}

function lossRecord(observer: string, kind: 'agent' | 'system', labels: Labels): AccessRecord {
  const timestamp = '2026-11-22T14:36:49.123456Z';
  return { v: 1, timestamp, action: 'records-lost', observer, observer_kind: kind, session: 'own', seq: 0, labels };
}

describe.each([
  ['as portledger verify watches', StreamWatch],
  ['as verify.mjs watches', PlainStreamWatch],
])('a hole, %s,', (_name, Watch) => {
  /** Numbers 0 to 4 and 10 to 14, and what records tell of the rest. */
  function watched(isSigned: boolean, told: readonly AccessRecord[]) {
    const log = new VerifyLog();
    const watch = new Watch();
    watch.take([entry(0, 5, isSigned), entry(10, 5, isSigned)], place, log);
    for (const record of told) watch.mark(record);
    const stream = watch.finish(undefined, log).find(({ session }) => session === 's');
    return { codes: log.findings.map(({ code }) => code), missing: stream?.missing, told: stream?.toldMissing };
  }
  const hole = { observer: 'web-1', session: 's', from: '5', to: '10' };

  test('fails where the observer signs and nobody tells', () => {
    expect(watched(true, [])).toEqual({ codes: ['sequence-hole'], missing: 5, told: 0 });
  });

  test('is shown where nobody signs', () => {
    expect(watched(false, [])).toEqual({ codes: [], missing: 5, told: 0 });
  });

  test('is a told loss where the collector or the observer names it', () => {
    for (const record of [lossRecord('host/collector', 'system', hole), lossRecord('web-1', 'agent', hole)])
      expect(watched(true, [record])).toEqual({ codes: [], missing: 5, told: 5 });
  });

  test('still fails where it is told in part, of another stream, or by another observer', () => {
    const told = (record: AccessRecord) => watched(true, [record]).codes;
    expect(told(lossRecord('c', 'system', { ...hole, to: '9' }))).toEqual(['sequence-hole']);
    expect(told(lossRecord('c', 'system', { ...hole, session: 't' }))).toEqual(['sequence-hole']);
    expect(told(lossRecord('web-2', 'agent', hole))).toEqual(['sequence-hole']);
    expect(told(lossRecord('c', 'system', { cause: 'ring-full' }))).toEqual(['sequence-hole']);
  });

  test('does not excuse an overlap', () => {
    const log = new VerifyLog();
    const watch = new Watch();
    watch.take([entry(0, 5, true), entry(4, 2, true)], place, log);
    watch.finish(undefined, log);
    expect(log.findings.map(({ code }) => code)).toEqual(['batch-overlap']);
  });
});
