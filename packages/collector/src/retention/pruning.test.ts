import { canonicalLine, segmentPath, timestampFromMicros, verifyLedger } from '@portledger/format';
import type { RetentionPolicy } from '@portledger/format';
import { describe, expect, test } from 'vitest';
import { BlockReader } from '../ledger/block-reader.ts';
import type { Batch, Ledger } from '../ledger/ledger-shapes.ts';
import { openOn } from '../ledger/testing/inline-sealing.ts';
import type { SignedHeads } from '../ledger/testing/inline-sealing.ts';
import { MemoryDisk } from '../ledger/testing/memory-disk.ts';
import { seeded } from '../ledger/testing/seeded-random.ts';
import { nodeVerifyTools } from '../ledger/verify-folder.ts';
import { VerifyPool } from '../ledger/verify-pool.ts';
import type { RetentionAct } from './pruner.ts';
import { Retention } from './retention.ts';

const DAY_MICROS = 86_400_000_000;
const START_MICROS = 1_790_000_000_000_000;
const DAY_MS = DAY_MICROS / 1_000;

const POLICY: RetentionPolicy = {
  classes: [{ name: 'default', ageMs: 10 * DAY_MS }, { name: 'payment', ageMs: 100 * DAY_MS }, { name: 'system' }],
  rules: [],
};

function batchOf(
  className: string,
  session: string,
  firstSeq: number,
  lines: readonly string[],
  micros: number,
): Batch {
  let end = 0;
  const lineEnds = Uint32Array.from(lines, (line) => (end += Buffer.byteLength(line) + 1));
  const timestamp = timestampFromMicros(micros);
  const times = { firstTimestamp: timestamp, lastTimestamp: timestamp };
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  return {
    observer: 'test',
    session,
    firstSeq,
    count: lines.length,
    class: className,
    lines: bytes,
    lineEnds,
    ...times,
  };
}

/** A ledger on a disk in memory, with retention on it, at a time that the test sets. */
class Bench {
  micros = START_MICROS;
  readonly disk: MemoryDisk;
  readonly ledger: Ledger;
  readonly retention: Retention;
  readonly #policy: RetentionPolicy;
  #acts = 0;
  readonly #session: string;

  private constructor(disk: MemoryDisk, ledger: Ledger, policy: RetentionPolicy, session: string) {
    this.disk = disk;
    this.ledger = ledger;
    this.#policy = policy;
    this.#session = session;
    this.retention = new Retention({
      policy: this.#policy,
      reader: new BlockReader(disk.blockFiles()),
      size: () => ledger.head().sealedBlocks,
      disk,
      write: (acts) => this.#write(acts),
      seal: () => ledger.seal(),
      dropFromIndex: () => Promise.resolve(0),
      clock: () => this.micros,
    });
  }

  static async open(
    disk: MemoryDisk,
    how: {
      readonly session: string;
      readonly micros?: number;
      readonly signed?: SignedHeads;
      readonly policy?: RetentionPolicy;
    },
  ): Promise<Bench> {
    let bench: Bench | undefined = undefined;
    const clock = (): number => bench?.micros ?? how.micros ?? START_MICROS;
    const ledger = await openOn(disk, how.signed ?? new Map(), { clock });
    const opened = new Bench(disk, ledger, how.policy ?? POLICY, how.session);
    opened.micros = how.micros ?? START_MICROS;
    bench = opened;
    return opened;
  }

  async #write(acts: readonly RetentionAct[]): Promise<string | undefined> {
    const session = `system-${this.#session}`;
    const timestamp = timestampFromMicros(this.micros);
    const lines = acts.map((act, at) =>
      canonicalLine({
        v: 1,
        timestamp,
        ...act,
        observer: 'test',
        observer_kind: 'system',
        session,
        seq: this.#acts + at,
      }),
    );
    const done = await this.ledger.append([batchOf('system', session, this.#acts, lines, this.micros)]);
    if (!done.ok) return done.fault.message;
    this.#acts += acts.length;
    return undefined;
  }

  /** Stores one record of a class at the bench's time, sealed. */
  async add(className: string, seq: number, user = 'alice'): Promise<void> {
    const session = `${className}-stream`;
    const line = canonicalLine({
      v: 1,
      timestamp: timestampFromMicros(this.micros),
      action: 'login',
      user,
      observer: 'test',
      observer_kind: 'agent',
      session,
      seq,
    });
    const done = await this.ledger.append([batchOf(className, session, seq, [line], this.micros)]);
    expect(done.ok).toBe(true);
    await this.ledger.seal();
  }

  /** A record of each class a day, for some days. */
  async addDays(days: number): Promise<void> {
    for (let day = 0; day < days; day += 1) {
      this.micros = START_MICROS + day * 1.1 * DAY_MICROS;
      await this.add('default', day);
      await this.add('payment', day, `user-${day}`);
    }
  }

  segments(className: string): readonly string[] {
    return this.disk.paths().filter((path) => path.startsWith(`segments/${className}/`));
  }

  async users(): Promise<readonly string[]> {
    const stop = new AbortController();
    const found: string[] = [];
    const { durable } = this.ledger.head();
    for await (const chunk of this.ledger.follow({ block: 0, position: 0 }, stop.signal)) {
      const text = Buffer.from(chunk.lines).toString();
      for (const line of text.split('\n'))
        if (line.includes('"login"')) found.push(/"user":"([^"]+)"/.exec(line)?.[1] ?? '');
      if (chunk.block + 1 >= durable.block) stop.abort();
    }
    return found;
  }

  async close(): Promise<void> {
    await this.retention.close();
    await this.ledger.close();
  }
}

async function findings(disk: MemoryDisk): Promise<readonly string[]> {
  const report = await verifyLedger(disk.files(), nodeVerifyTools(new VerifyPool(0)));
  return report.findings.map(({ code, message }) => `${code}: ${message}`);
}

describe('pruning', () => {
  test('takes what has reached its age, notice first, and the rest verifies', async () => {
    const disk = MemoryDisk.empty();
    const bench = await Bench.open(disk, { session: '1' });
    await bench.addDays(5);
    expect(bench.segments('default')).toHaveLength(5);
    bench.micros += 7 * DAY_MICROS;
    const planned = await bench.retention.plan();
    expect(planned.map(({ class: name, due }) => [name, due.segments])).toEqual([
      ['default', 2],
      ['payment', 0],
    ]);
    const run = await bench.retention.apply('retention');
    expect(run.pruned).toMatchObject({ segments: 2, records: 2 });
    expect(run.filesUnlinked).toBe(2);
    expect(bench.segments('default')).toHaveLength(3);
    expect(bench.segments('payment')).toHaveLength(5);
    expect(await bench.retention.apply('retention')).toMatchObject({ pruned: { segments: 0 }, filesUnlinked: 0 });
    expect(await bench.users()).toHaveLength(8);
    expect(await bench.ledger.proof(0, 0)).toMatchObject({
      ok: false,
      fault: { code: 'pruned', message: expect.stringMatching(/policy 10d of class default at .* by the entry 10:0/) },
    });
    expect(await bench.ledger.chunk(0)).toMatchObject({ count: 0, pruned: 1 });
    await bench.close();
    expect(await findings(disk)).toEqual([]);
  });

  test('takes the last segment of a class too; the ledger opens without it and begins another', async () => {
    const disk = MemoryDisk.empty();
    const bench = await Bench.open(disk, { session: '1' });
    await bench.addDays(2);
    const micros = bench.micros + 50 * DAY_MICROS;
    bench.micros = micros;
    await bench.retention.apply('retention');
    expect(bench.segments('default')).toEqual([]);
    await bench.close();
    disk.home().set('cache/ledger-sessions.json', undefined);
    const again = await Bench.open(disk, { session: '2', micros });
    await again.add('default', 2);
    expect(again.segments('default')).toHaveLength(1);
    await again.close();
    expect(await findings(disk)).toEqual([]);
  });

  test('a segment that is gone without a notice keeps the ledger closed, or fails its readers', async () => {
    const disk = MemoryDisk.empty();
    const bench = await Bench.open(disk, { session: '1' });
    await bench.addDays(3);
    disk.set(segmentPath('default', 0), undefined);
    await expect(bench.users()).rejects.toThrow();
    await expect(bench.ledger.proof(0, 0)).rejects.toThrow();
    await bench.close();
    expect((await findings(disk)).join('\n')).toMatch(/frame-missing/);
    disk.set(segmentPath('default', 4), undefined);
    await expect(Bench.open(disk, { session: '2' })).rejects.toThrow(/refusing to run/);
  });

  test('a shorter age holds for what is written after it, a longer one for all', async () => {
    const disk = MemoryDisk.empty();
    const bench = await Bench.open(disk, { session: '1' });
    await bench.addDays(3);
    await bench.close();
    const micros = bench.micros + 30 * DAY_MICROS;
    const ages = (defaultDays: number): RetentionPolicy => ({
      classes: [
        { name: 'default', ageMs: defaultDays * DAY_MS },
        { name: 'payment', ageMs: 1 * DAY_MS },
        { name: 'system' },
      ],
      rules: [],
    });
    const longer = await Bench.open(disk, { session: '2', micros, policy: ages(60) });
    expect((await longer.retention.plan()).map(({ due }) => due.segments)).toEqual([0, 3]);
    await longer.close();
  });
});

describe('holds', () => {
  test('keep what they touch by class, time or query until they are released, across a restart', async () => {
    const disk = MemoryDisk.empty();
    const bench = await Bench.open(disk, { session: '1' });
    await bench.addDays(4);
    const micros = bench.micros + 200 * DAY_MICROS;
    bench.micros = micros;
    const from = START_MICROS - 1;
    const place = (name: string, scope: object) => bench.retention.place({ name, reason: 'case 7', ...scope }, 'legal');
    expect((await place('first-day', { class: 'default', fromMicros: from, toMicros: START_MICROS + 1 })).ok).toBe(
      true,
    );
    expect((await place('one-user', { query: 'user:user-2' })).ok).toBe(true);
    expect(await place('one-user', {})).toMatchObject({ ok: false, fault: { code: 'hold-exists' } });
    expect(await place('bad', { query: 'usr:x' })).toMatchObject({ ok: false, fault: { code: 'hold-invalid' } });
    expect(await place('bad', { reason: ' ' })).toMatchObject({ ok: false, fault: { code: 'hold-invalid' } });
    const run = await bench.retention.apply('retention');
    expect(run).toMatchObject({ pruned: { segments: 6 }, held: { segments: 2 } });
    await bench.close();

    const again = await Bench.open(disk, { session: '2', micros });
    expect((await again.retention.holds()).map(({ name, by, reason }) => [name, by, reason])).toEqual([
      ['first-day', 'legal', 'case 7'],
      ['one-user', 'legal', 'case 7'],
    ]);
    expect(again.segments('default')).toHaveLength(1);
    expect(await again.users()).toEqual(['alice', 'user-2']);
    expect(await again.retention.release('nobody', 'over', 'legal')).toMatchObject({
      ok: false,
      fault: { code: 'hold-unknown' },
    });
    expect((await again.retention.release('first-day', 'over', 'legal')).ok).toBe(true);
    await again.retention.apply('retention');
    expect(await again.users()).toEqual(['user-2']);
    await again.close();
    expect(await findings(disk)).toEqual([]);
  });
});

describe('a crash while pruning', () => {
  test('at any operation, whatever survives: what is left verifies, and the next run finishes', async () => {
    const prepared = async (): Promise<{ disk: MemoryDisk; signed: SignedHeads }> => {
      const disk = MemoryDisk.empty();
      const signed: SignedHeads = new Map();
      const bench = await Bench.open(disk, { session: '1', signed });
      await bench.addDays(3);
      await bench.close();
      return { disk, signed };
    };
    const micros = START_MICROS + 60 * DAY_MICROS;
    const dry = await prepared();
    const before = dry.disk.steps.length;
    const bench = await Bench.open(dry.disk, { session: 'dry', micros, signed: dry.signed });
    await bench.retention.apply('retention');
    const steps = dry.disk.steps.length - before;
    expect(steps).toBeGreaterThan(15);
    await bench.close();
    for (let step = 1; step <= steps; step += 1) {
      for (const survives of ['all', 'none', 'some'] as const) {
        const { disk, signed } = await prepared();
        disk.crashAt = disk.steps.length + step;
        const told = `crash at ${step}: ${dry.disk.steps[before + step - 1]}, ${survives} survives`;
        const broken = await Bench.open(disk, { session: '2', micros, signed }).catch(() => undefined);
        await broken?.retention.apply('retention').catch(() => undefined);
        await broken?.close().catch(() => undefined);
        const restarted = disk.restarted({ kind: 'power', survives, random: seeded(step) });
        const again = await Bench.open(restarted, { session: '3', micros, signed });
        expect(await findings(restarted), told).toEqual([]);
        await again.retention.apply('retention');
        expect(again.segments('default'), told).toEqual([]);
        expect(again.segments('payment'), told).toHaveLength(3);
        expect(await again.users(), told).toHaveLength(3);
        await again.close();
        expect(await findings(restarted), told).toEqual([]);
        for (const [size, roots] of signed) expect(roots.size, `roots of size ${size}; ${told}`).toBe(1);
      }
    }
  }, 120_000);
});
