import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fail } from '@portledger/format';
import { makeReceiveClock } from '../doors/receive-clock.ts';
import { Turns } from '../doors/turns.ts';
import { openLedger } from '../ledger/ledger.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { verifyFolder } from '../ledger/verify-folder.ts';
import { DoorStreams } from './door-stream.ts';
import { Quarantine } from './quarantine.ts';
import { LineSource } from './record-source.ts';
import { DEFAULT_RETENTION_POLICY, RetentionClassifier } from './retention-class.ts';
import { takeIn } from './take-in.ts';
import type { TakeInServices } from './take-in.ts';

const SENDER = { name: 'curl', observer: 'curl', isAnyObserverAllowed: false };

let dir: string;
let ledger: Ledger;
let services: TakeInServices;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'portledger-take-in-'));
  const clock = makeReceiveClock();
  ledger = await openLedger({ dir, clock });
  const turns = new Turns();
  services = {
    ledger,
    streams: new DoorStreams(),
    classes: new RetentionClassifier(DEFAULT_RETENTION_POLICY),
    quarantine: new Quarantine(join(dir, 'quarantine'), clock),
    signatures: undefined,
    turn: (sender) => turns.next(sender),
  };
});
afterEach(async () => {
  await services.quarantine.close();
  await ledger.close();
  await rm(dir, { recursive: true, force: true });
});

function post(count: number, through: Ledger = ledger): ReturnType<typeof takeIn> {
  const text = '{"timestamp":"2026-01-02T03:04:05Z","user":"alice","dest_port":"22","action":"login"}\n'.repeat(count);
  const bytes = Buffer.from(`${text} `);
  const source = new LineSource(bytes, bytes.length - 1);
  return takeIn(
    { bytes, source, sender: SENDER },
    { ...services, ledger: through },
    () => '2026-01-02T03:04:05.000000Z',
  );
}

/** The ledger, but that its next append fails once `later` lets it. */
function failingOnce(later: Promise<void>): Ledger {
  let isDue = true;
  return new Proxy(ledger, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'append' || !isDue) return typeof value === 'function' ? value.bind(target) : value;
      isDue = false;
      return async () => {
        await later;
        return fail({ code: 'disk-full', message: 'no room' });
      };
    },
  });
}

test('bodies of one sender are numbered one after the other and share group commits', async () => {
  const outcomes = await Promise.all(Array.from({ length: 64 }, () => post(3)));
  expect(outcomes.every((outcome) => outcome.ok)).toBe(true);
  expect(ledger.head().records).toBe(192);
  expect(ledger.counters().groupCommits).toBeLessThan(40);
  await ledger.seal();
  const report = await verifyFolder(dir, {});
  expect(report.ok).toBe(true);
});

test('where a body fails, those numbered after it are refused and none leaves a hole', async () => {
  expect((await post(2)).ok).toBe(true);
  const gate = Promise.withResolvers<void>();
  const failing = post(5, failingOnce(gate.promise));
  const after = post(3);
  expect(await after).toMatchObject({ ok: false, fault: { code: 'overloaded' } });
  gate.resolve();
  expect(await failing).toMatchObject({ ok: false, fault: { code: 'disk-full' } });
  const again = await post(4);
  expect(again).toMatchObject({ ok: true, value: { batches: [{ firstSeq: 0, count: 4 }] } });
  expect(ledger.head().records).toBe(6);
});

test('where storing throws, the sender’s next body is taken all the same', async () => {
  expect((await post(2)).ok).toBe(true);
  const broken = Promise.reject(new Error('a promise was broken'));
  broken.catch(() => undefined); // it is awaited only once the body has been read
  await expect(post(3, failingOnce(broken))).rejects.toThrow('a promise was broken');
  expect(await post(4)).toMatchObject({ ok: true, value: { batches: [{ firstSeq: 0, count: 4 }] } });
});
