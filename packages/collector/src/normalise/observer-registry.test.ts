import { DatabaseSync } from 'node:sqlite';
import type { AccessRecord } from '@portledger/format';
import { expect, test } from 'vitest';
import type { Batch } from '../ledger/ledger-shapes.ts';
import { OBSERVERS_MAX } from '../limits.ts';
import { sampleRecord } from '../testing/test-collector.ts';
import { ObserverRegistry } from './observer-registry.ts';

function database(): DatabaseSync {
  const made = new DatabaseSync(':memory:');
  made.exec('CREATE TABLE observers (observer TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT');
  return made;
}

function batchOf(observer: string, session = 's'): Batch {
  const none = { lines: new Uint8Array(), lineEnds: new Uint32Array(), firstTimestamp: '', lastTimestamp: '' };
  return { observer, session, firstSeq: 0, count: 1, class: 'default', ...none };
}

test('past its bound the one unseen for longest is forgotten, also over a restart', () => {
  const store = database();
  const registry = new ObserverRegistry(store);
  for (let number = 0; number < OBSERVERS_MAX; number += 1) registry.note([batchOf(`o${number}`)], [], number);
  registry.note([batchOf('o0')], [], OBSERVERS_MAX);
  for (let number = 0; number < 1_000; number += 1) registry.note([batchOf(`new${number}`)], [], OBSERVERS_MAX + 1);
  registry.save();
  for (const known of [registry, new ObserverRegistry(store)]) {
    const names = new Set(known.list().map(({ observer }) => observer));
    expect([names.size, names.has('o0'), names.has('o1'), names.has('o1001')]).toEqual([
      OBSERVERS_MAX,
      true,
      false,
      true,
    ]);
  }
});

test('an agent that tells neither host nor version is under its own name; what it tells is taken', () => {
  const registry = new ObserverRegistry(database());
  const told = (labels: Readonly<Record<string, string>>): AccessRecord =>
    sampleRecord(0, { action: 'capture-started', observer: 'db-1', session: 's', labels });
  registry.note([batchOf('db-1')], [told({ mode: 'ebpf' })], 1);
  expect(registry.list()).toEqual([expect.objectContaining({ observer: 'db-1', host: 'db-1', mode: 'ebpf' })]);
  expect(registry.list()[0]).not.toHaveProperty('version');
  registry.note([batchOf('db-1')], [told({ mode: 'ebpf', version: '1.2.3' })], 2);
  expect(registry.list()).toEqual([expect.objectContaining({ version: '1.2.3' })]);
});
