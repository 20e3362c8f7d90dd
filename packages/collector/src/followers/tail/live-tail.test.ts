import { expect, test } from 'vitest';
import { parseQuery } from '../../query/parse-query.ts';
import type { Query } from '../../query/query.ts';
import { MemoryLedger } from '../testing/memory-ledger.ts';
import { sampleRecords } from '../testing/sample-traffic.ts';
import { LiveTail, type TailEvent } from './live-tail.ts';

const START = Date.UTC(2026, 10, 22, 9) * 1000;

function query(text: string): Query {
  const parsed = parseQuery(text, { now: START });
  if (!parsed.ok) throw new Error(parsed.fault.message);
  return parsed.value;
}

function subscribed(tail: LiveTail, text: string, signal: AbortSignal): AsyncIterable<TailEvent> {
  const events = tail.subscribe(query(text), signal);
  if (!events.ok) throw new Error(events.fault.message);
  return events.value;
}

test('gives the records from now on that match, as the ledger has them', async () => {
  const ledger = new MemoryLedger();
  const records = [...sampleRecords(200, START)];
  ledger.append(records.slice(0, 100));
  const tail = new LiveTail(ledger);
  const stop = new AbortController();
  const events = subscribed(tail, 'action:connection-closed', stop.signal);
  ledger.append(records.slice(100));
  const expected = ledger.hits.slice(100).filter((hit) => hit.record.action === 'connection-closed');
  const seen: TailEvent[] = [];
  for await (const event of events) {
    seen.push(event);
    if (seen.length === expected.length) stop.abort();
  }
  expect(seen).toEqual(expected.map((hit) => ({ kind: 'hit', hit })));
  expect(tail.status().subscribers).toBe(0);
});

test('a slow reader is told how many were dropped, where they were', async () => {
  const ledger = new MemoryLedger();
  const records = [...sampleRecords(100, START)];
  const tail = new LiveTail(ledger, { bufferHitsMax: 10 });
  const stop = new AbortController();
  const other = new AbortController();
  const slow = subscribed(tail, '', stop.signal);
  const quick = subscribed(tail, 'dest_port:22', other.signal);
  ledger.append(records);
  const [{ value: first }] = [await quick[Symbol.asyncIterator]().next()];
  expect(first?.kind).toBe('hit');
  const seen: TailEvent[] = [];
  for await (const event of slow) {
    seen.push(event);
    if (event.kind === 'dropped') stop.abort();
  }
  expect(seen.filter((event) => event.kind === 'hit')).toHaveLength(10);
  expect(seen.at(-1)).toEqual({ kind: 'dropped', count: records.length - 10 });
  other.abort();
});

test('closing ends every subscription', async () => {
  const tail = new LiveTail(new MemoryLedger());
  const events = subscribed(tail, '', new AbortController().signal);
  const first = events[Symbol.asyncIterator]().next();
  tail.close();
  expect((await first).done).toBe(true);
  expect(tail.subscribe(query(''), new AbortController().signal)).toMatchObject({
    ok: false,
    fault: { code: 'unavailable' },
  });
});
