import { mock } from 'node:test';
import { LedgerError } from '../ledger-shapes.ts';
import type { Batch, Ledger } from '../ledger-shapes.ts';
import { BLOCK_TURN_MS } from '../limits.ts';
import type { Deferral, DiskFault, DiskStep, Injection, Stop } from './disk-fault.ts';
import { stepText } from './disk-fault.ts';
import { TEST_MICROS, openOn } from './inline-sealing.ts';
import type { SignedHeads } from './inline-sealing.ts';
import { LedgerAudit } from './ledger-audit.ts';
import { MemoryDisk } from './memory-disk.ts';
import type { Random } from './memory-file.ts';
import { seeded } from './seeded-random.ts';
import { SimulatedFollower } from './simulated-follower.ts';
import { SimulatedSender } from './simulated-sender.ts';

export type SimulationOptions = {
  readonly seed: number;
  /** Lives of the ledger, each ended by a crash, a kill, a power loss or a close. */
  readonly lives: number;
  /** What a program with a mistake in it does with its disk; asked first. */
  readonly mistake?: Injection;
};

/** What a simulation went through. */
export type SimulationCounts = {
  lives: number;
  crashes: number;
  powerLosses: number;
  kills: number;
  closes: number;
  faults: number;
  refusedOpenings: number;
  stops: number;
  pushBacks: number;
  records: number;
  blocks: number;
};

const CLASSES = ['default', 'payment'];
const SENDERS = 3;
const ACTIONS_MAX = 9;
/** Turns of the event loop after which something that has not settled never will. */
const TURNS_MAX = 2_000;
/** Milliseconds after which a follower hangs: blocks are decompressed in other threads, however busy the machine is. */
const FOLLOW_MS_MAX = 20_000;
const YEAR_MICROS = 365 * 86_400 * 1_000_000;
const CHANGING = new Set(['create', 'write', 'sync', 'sync-folder', 'truncate', 'rename', 'unlink', 'mkdir']);
const NEEDS_ROOM = new Set(['create', 'write', 'mkdir']);

/** Nothing but what the step itself can do wrong. */
function ioFaults({ operation }: DiskStep): readonly DiskFault[] {
  if (!CHANGING.has(operation)) return ['failed'];
  return operation === 'write' ? ['failed', 'persisted', 'torn'] : ['failed', 'persisted'];
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A simulation found a broken promise. Says how to see it again. */
class SimulationFailure extends Error {
  constructor(seed: number, life: number, trail: readonly string[], cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`seed ${seed}, life ${life}: ${reason}\n  ${trail.slice(-12).join('\n  ')}`, { cause });
  }
}

/** One ledger through many lives on one disk. Everything that happens follows from the seed. */
class Simulation {
  readonly #random: Random;
  readonly #options: SimulationOptions;
  readonly #signed: SignedHeads = new Map();
  readonly #follower = new SimulatedFollower();
  readonly #audit = new LedgerAudit();
  readonly #senders: SimulatedSender[] = [];
  readonly trail: string[] = [];
  readonly counts: SimulationCounts = {
    lives: 0,
    crashes: 0,
    powerLosses: 0,
    kills: 0,
    closes: 0,
    faults: 0,
    refusedOpenings: 0,
    stops: 0,
    pushBacks: 0,
    records: 0,
    blocks: 0,
  };
  #disk = MemoryDisk.empty();
  #clockMicros = TEST_MICROS;
  #faultChance = 0;
  #mode: 'well' | 'full' | 'read-only' = 'well';
  #faultsNow = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#random = seeded(options.seed);
    for (let number = 0; number < SENDERS; number++) this.#senders.push(this.#newSender(number));
  }

  #newSender(number: number): SimulatedSender {
    return new SimulatedSender(`s${number}`, CLASSES[number % CLASSES.length] ?? 'default', this.#random);
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  readonly #inject: Injection = (step): DiskFault | Deferral | undefined => {
    const mistake = this.#options.mistake?.(step);
    if (mistake !== undefined) return mistake;
    const fault = this.#chosenFault(step);
    if (fault !== undefined) {
      this.#faultsNow += 1;
      this.counts.faults += 1;
      this.trail.push(`${fault} at ${stepText(step)}`);
    }
    return fault;
  };

  #chosenFault(step: DiskStep): DiskFault | undefined {
    if (this.#mode === 'read-only' && CHANGING.has(step.operation)) return 'read-only';
    if (this.#mode === 'full' && NEEDS_ROOM.has(step.operation) && this.#random() < 0.7) return 'full';
    if (this.#mode === 'full' && step.operation === 'sync' && this.#random() < 0.1) return 'full';
    if (this.#faultChance === 0 || this.#random() >= this.#faultChance) return undefined;
    const faults = ioFaults(step);
    return faults[this.#below(faults.length)];
  }

  async life(): Promise<void> {
    this.counts.lives += 1;
    await this.#timed(() => this.#live());
  }

  /** With timers that only the simulation moves. */
  async #timed(work: () => Promise<void>): Promise<void> {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      await work();
    } finally {
      // A ledger that has stopped may have published more than it knows of, and tells its followers that it can't read.
      this.#follower.stop(this.#faultsNow > 0 || this.#disk.hasCrashed);
      mock.timers.reset();
    }
  }

  async #live(): Promise<void> {
    this.#dress();
    const ledger = await this.#open();
    if (ledger !== undefined) {
      this.#follower.start(ledger);
      const actions = this.#below(ACTIONS_MAX);
      for (let action = 0; action < actions && !this.#disk.hasCrashed; action++) await this.#act(ledger);
      if (!this.#disk.hasCrashed && this.#random() < 0.25) await this.#close(ledger);
    }
    if (this.#disk.hasCrashed) this.counts.crashes += 1;
    this.#follower.stop(this.#faultsNow > 0 || this.#disk.hasCrashed);
    this.#restart();
  }

  /** Decides what will go wrong in this life. */
  #dress(): void {
    this.#disk.inject = this.#inject;
    this.#faultsNow = 0;
    this.#mode = 'well';
    this.#faultChance = this.#random() < 0.25 ? 0.01 : 0;
    const fate = this.#random();
    if (fate < 0.2) this.#disk.crashAt = 1 + this.#below(25);
    else if (fate < 0.55) this.#disk.crashAt = 1 + this.#below(220);
  }

  async #open(): Promise<Ledger | undefined> {
    const clock = (): number => (this.#clockMicros += 1_000 + this.#below(1_000));
    try {
      const ledger = await openOn(this.#disk, this.#signed, { clock });
      this.trail.push(`opened at ${ledger.head().sealedBlocks} blocks`);
      // Nothing is open now: whatever earlier lives acknowledged must be there.
      await this.#examine();
      return ledger;
    } catch (error) {
      if (this.#disk.hasCrashed) return undefined;
      if (!(error instanceof LedgerError) || this.#faultsNow === 0) throw error;
      this.counts.refusedOpenings += 1;
      this.trail.push(`refused to open: ${error.code}`);
      return undefined;
    }
  }

  async #examine(): Promise<void> {
    await this.#audit.run({
      disk: this.#disk,
      signed: this.#signed,
      senders: this.#senders,
      follower: this.#follower,
    });
    this.counts.records = this.#audit.records;
    this.counts.blocks = this.#audit.blocks;
  }

  async #act(ledger: Ledger): Promise<void> {
    const choice = this.#random();
    if (choice < 0.5) await this.#append(ledger);
    else if (choice < 0.65)
      await this.#settled(Promise.all([this.#append(ledger), this.#seal(ledger), this.#append(ledger)]));
    else if (choice < 0.75) await this.#seal(ledger);
    else if (choice < 0.82) await this.#wait([100, 500, 1_000][this.#below(3)] ?? 0);
    else if (choice < 0.88) this.#jump();
    else if (choice < 0.95) await this.#letFollow(ledger);
    else await this.#changeMode(ledger);
  }

  #jump(): void {
    const years = [-2, -1, 1, 10][this.#below(4)] ?? 0;
    this.#clockMicros = Math.max(TEST_MICROS, this.#clockMicros + years * YEAR_MICROS * this.#random());
    this.#clockMicros = Math.floor(this.#clockMicros);
    this.trail.push(`the clock jumped to ${new Date(this.#clockMicros / 1_000).toISOString()}`);
  }

  async #append(ledger: Ledger): Promise<void> {
    if (this.#random() < 0.03) this.#senders.push(this.#newSender(this.#senders.length));
    const first = this.#below(this.#senders.length);
    const chosen = this.#senders.filter((_, at) => at === first || this.#random() < 0.4);
    const sent = chosen.map((sender) => ({ sender, batch: sender.batch() }));
    await this.#settled(Promise.all(sent.map(({ sender, batch }) => this.#send(ledger, sender, batch))));
  }

  async #send(ledger: Ledger, sender: SimulatedSender, batch: Batch): Promise<void> {
    const outcome = await ledger.append([batch]);
    if (outcome.ok) {
      const { accepted, duplicates, addresses } = outcome.value;
      if (accepted + duplicates !== batch.count)
        throw new Error(`${accepted} + ${duplicates} of ${batch.count} accounted for`);
      const placed = addresses.reduce((sum, { count }) => sum + count, 0);
      if (placed !== accepted) throw new Error(`${accepted} accepted at ${placed} addresses`);
      sender.take(batch, outcome.value);
      return;
    }
    const { code, message } = outcome.fault;
    if (code === 'failed') this.counts.stops += 1;
    else this.counts.pushBacks += 1;
    const isExplained = this.#faultsNow > 0 || this.#disk.hasCrashed;
    if (!isExplained) throw new Error(`an append was refused on a good disk: ${message}`);
  }

  async #seal(ledger: Ledger): Promise<void> {
    await this.#settled(
      ledger.seal().catch((error: unknown) => {
        if (this.#faultsNow === 0 && !this.#disk.hasCrashed) throw error;
      }),
    );
  }

  async #wait(ms: number): Promise<void> {
    mock.timers.tick(ms);
    await turn();
  }

  async #letFollow(ledger: Ledger): Promise<void> {
    const started = performance.now();
    for (let turns = 0; !this.#follower.hasReached(ledger.head()) && this.#follower.fault === undefined; turns++) {
      if (performance.now() - started > FOLLOW_MS_MAX) {
        const { block, position } = this.#follower.cursor;
        throw new Error(`a follower hangs at ${block}:${position} before ${JSON.stringify(ledger.head().durable)}`);
      }
      if (turns === 0) mock.timers.tick(BLOCK_TURN_MS + 1); // a later block is read once the earlier one is closed
      if (this.#disk.hasCrashed || (this.#faultsNow > 0 && turns > TURNS_MAX)) return; // a ledger that stopped closes no block
      await turn();
    }
    if (this.#random() < 0.6) this.#follower.store();
  }

  /** The disk fills up or frees; once it has room again the ledger must go on by itself. */
  async #changeMode(ledger: Ledger): Promise<void> {
    if (this.#mode === 'well') {
      this.#mode = this.#random() < 0.8 ? 'full' : 'read-only';
      this.trail.push(`the disk is ${this.#mode}`);
      return;
    }
    this.#mode = 'well';
    this.trail.push('the disk is well again');
    const { counts } = this;
    for (let attempt = 0; attempt < 4; attempt++) await this.#wait(500);
    const before = counts.stops;
    const faults = this.#faultsNow;
    const sender = this.#senders[0];
    if (sender === undefined) return;
    const batch = sender.batch();
    const outcome = await this.#settled(ledger.append([batch]));
    if (outcome.ok) sender.take(batch, outcome.value);
    else if (outcome.fault.code !== 'failed' && this.#faultsNow === faults && !this.#disk.hasCrashed) {
      throw new Error(`with room again an append was refused: ${outcome.fault.message} (${before} stops)`);
    }
  }

  /** Fails where something never ends: no disk and no clock is awaited here. */
  async #settled<T>(work: Promise<T>): Promise<T> {
    const state = { isDone: false };
    const watched = work.finally(() => {
      state.isDone = true;
    });
    watched.catch(() => undefined); // told by the caller's await
    for (let turns = 0; !state.isDone; turns++) {
      if (turns > TURNS_MAX) throw new Error('something hangs');
      await turn();
    }
    return watched;
  }

  async #close(ledger: Ledger): Promise<void> {
    let isClean = true;
    await this.#settled(
      ledger.close().catch((error: unknown) => {
        isClean = false;
        if (this.#faultsNow === 0 && !this.#disk.hasCrashed) throw error;
      }),
    );
    this.counts.closes += 1;
    this.trail.push(`closed${isClean ? '' : ' unsealed'}`);
    if (isClean && !this.#disk.hasCrashed) await this.#examine();
  }

  #restart(): void {
    const random = this.#random;
    const isKill = random() < 0.4;
    const survives = (['all', 'none', 'some', 'some'] as const)[this.#below(4)] ?? 'some';
    const stop: Stop = isKill ? { kind: 'killed', random } : { kind: 'power', survives, random };
    if (isKill) this.counts.kills += 1;
    else this.counts.powerLosses += 1;
    this.trail.push(isKill ? 'killed' : `power lost, ${survives} survives`);
    this.#disk = this.#disk.restarted(stop);
  }

  /** At the end, on a good disk: it must open, and hold everything. */
  async last(): Promise<void> {
    await this.#timed(() => this.#lastLife());
  }

  async #lastLife(): Promise<void> {
    this.#faultChance = 0;
    this.#mode = 'well';
    this.#faultsNow = 0;
    this.#disk.inject = this.#options.mistake ?? (() => undefined);
    const ledger = await openOn(this.#disk, this.#signed, { clock: () => (this.#clockMicros += 1_000) });
    this.#follower.start(ledger);
    await this.#letFollow(ledger);
    await this.#examine();
    const followed = this.#follower.lines.size;
    if (followed !== this.#audit.records)
      throw new Error(`a follower has ${followed} records of ${this.#audit.records}`);
    this.#follower.stop(false);
    await ledger.close();
  }
}

/** Runs one simulation. Throws SimulationFailure. */
export async function simulate(options: SimulationOptions): Promise<SimulationCounts> {
  const simulation = new Simulation(options);
  try {
    for (let life = 0; life < options.lives; life++) await simulation.life();
    await simulation.last();
  } catch (cause) {
    throw new SimulationFailure(options.seed, simulation.counts.lives, simulation.trail, cause);
  }
  return simulation.counts;
}
