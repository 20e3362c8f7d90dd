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
  let hits = 0;
  let dropped = 0;
  let afterDrop = 0;
  for await (const event of slow) {
    if (event.kind === 'dropped') {
      // What was kept came before the hole: at most as many as fit since the last one was told.
      expect(hits - afterDrop).toBeLessThanOrEqual(20);
      dropped += event.count;
      afterDrop = hits;
    } else hits += 1;
    if (hits + dropped === records.length) stop.abort();
  }
  expect(dropped).toBeGreaterThan(0);
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

test('a costly filter is cut short and told so; neither the event loop nor another reader waits for it', async () => {
  const ledger = new MemoryLedger(8_000);
  const tail = new LiveTail(ledger);
  const stop = new AbortController();
  const words = Array.from({ length: 80 }, (_, number) => `a*e*${number}*c*r*e*${number}*o*`).join(' OR ');
  const costly = subscribed(tail, words, stop.signal)[Symbol.asyncIterator]();
  const plain = subscribed(tail, 'labels.mark:last', stop.signal)[Symbol.asyncIterator]();
  let turns = 0;
  const watch = setInterval(() => {
    turns += 1;
  }, 1);
  const records = [...sampleRecords(2_000, START)];
  const last = records.pop();
  if (last === undefined) throw new Error('no sample');
  ledger.append([...records, { ...last, labels: { mark: 'last' } }]);
  // 80 patterns over 8,000 records are many seconds' work.
  const { value } = await plain.next();
  clearInterval(watch);
  expect(value).toMatchObject({ kind: 'hit', hit: { record: { labels: { mark: 'last' } } } });
  for (let event = await costly.next(); ; event = await costly.next()) {
    if (event.done !== true && event.value.kind === 'hit') continue;
    expect(event.value).toMatchObject({ kind: 'dropped', count: expect.any(Number) });
    break;
  }
  // The event loop came round meanwhile, again and again.
  expect(turns).toBeGreaterThan(10);
  stop.abort();
});
