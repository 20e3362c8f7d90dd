import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { InFlight, inFlightBounds } from './in-flight.ts';
import { makeReceiveClock } from './receive-clock.ts';
import { Turns } from './turns.ts';

test('turns go round the senders, not the bodies', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const wait = async (sender: string): Promise<void> => {
    await turns.next(sender);
    order.push(sender);
  };
  await Promise.all([...Array.from({ length: 20 }, () => wait('busy')), wait('quiet'), wait('other')]);
  expect(order.slice(0, 4).toSorted()).toEqual(['busy', 'busy', 'other', 'quiet']);
  expect(order).toHaveLength(22);
});

test('bytes in flight never pass their bounds, and all come back', () => {
  const step = fc.record({ sender: fc.constantFrom('a', 'b', 'c'), bytes: fc.nat(400), isRelease: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const bounds = { bytesMax: 1_000, senderBytesMax: 500, senderRequestsMax: 4 };
      const inFlight = new InFlight(bounds);
      const held: { sender: string; bytes: number; release: () => void }[] = [];
      for (const { sender, bytes, isRelease } of steps) {
        if (isRelease) {
          held.shift()?.release();
        } else {
          const own = held.filter((one) => one.sender === sender);
          const ownBytes = own.reduce((sum, one) => sum + one.bytes, 0);
          const fits = own.length < 4 && ownBytes + bytes <= 500 && inFlight.bytes + bytes <= 1_000;
          const share = inFlight.admit(sender, bytes);
          expect(share !== undefined).toBe(fits);
          if (share !== undefined) held.push({ sender, bytes, release: () => share.release() });
        }
        expect(inFlight.bytes).toBe(held.reduce((sum, one) => sum + one.bytes, 0));
        expect(inFlight.requests).toBe(held.length);
      }
      for (const one of held) {
        one.release();
        one.release();
      }
      expect([inFlight.bytes, inFlight.requests]).toEqual([0, 0]);
    }),
  );
});

test('a sender always has room for one whole body', () => {
  const bounds = inFlightBounds(64, 32);
  expect(bounds.senderBytesMax).toBe(64);
  expect(inFlightBounds(1_000, 10).senderBytesMax).toBe(333);
});

test('the receive clock has microseconds, never repeats, and follows the system clock', () => {
  let systemMs = 1_000_000;
  let ns = 0n;
  const clock = makeReceiveClock(
    () => systemMs,
    () => ns,
  );
  expect(clock()).toBe(1_000_000_000);
  ns += 250_000n;
  expect(clock()).toBe(1_000_000_250);
  expect(clock()).toBe(1_000_000_251);
  // Set forward by an hour.
  systemMs += 3_600_000;
  expect(clock()).toBe(4_600_000_000);
  // Back by half a second: times go on, they do not turn back.
  systemMs -= 500;
  expect(clock()).toBe(4_600_000_001);
  // Back by an hour: followed.
  systemMs -= 3_600_000;
  expect(clock()).toBe(systemMs * 1_000);
});
