import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { serverSentEvents } from './server-sent-events.ts';
import type { ServerSentEvent } from './server-sent-events.ts';

async function eventsOf(text: string, cuts: readonly number[]) {
  const bytes = Buffer.from(text);
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  async function* parts() {
    let start = 0;
    for (const end of ends) {
      yield bytes.subarray(start, end);
      start = end;
    }
  }
  const events: ServerSentEvent[] = [];
  for await (const event of serverSentEvents(parts())) events.push(event);
  return events;
}

const STREAM =
  ': alive\n\nevent: record\ndata: {"user":"älice"}\n\r\nevent:dropped\r\ndata:{"count":3}\r\n\r\ndata: two\ndata: lines\n\nevent: cut off\ndata: x\n';
const EVENTS = [
  { event: 'record', data: '{"user":"älice"}' },
  { event: 'dropped', data: '{"count":3}' },
  { event: 'message', data: 'two\nlines' },
];

describe('server-sent events', () => {
  test('comments are passed over, an event that was cut off is none', async () => {
    expect(await eventsOf(STREAM, [])).toEqual(EVENTS);
  });

  test('wherever the network cuts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(200), { maxLength: 30 }), async (cuts) => {
        expect(await eventsOf(STREAM, cuts)).toEqual(EVENTS);
      }),
    );
  });
});
