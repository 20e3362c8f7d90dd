import { mock } from 'node:test';
import { verifyLedger } from '@portledger/format';
import { LedgerError } from '../ledger-shapes.ts';
import type { Batch, Ledger } from '../ledger-shapes.ts';
import { SEAL_RETRY_MS } from '../limits.ts';
import { nodeVerifyTools } from '../verify-folder.ts';
import { VerifyPool } from '../verify-pool.ts';
import type { DiskFault, DiskStep } from './disk-fault.ts';
import { openOn } from './inline-sealing.ts';
import type { SignedHeads } from './inline-sealing.ts';
import { MemoryDisk } from './memory-disk.ts';
import { seeded } from './seeded-random.ts';
import { sealedLines, testBatch } from './test-batches.ts';

/** What a ledger does about a fault. */
export type FaultOutcome = 'goes on' | 'pushes back' | 'stops' | 'refuses to open';

export type FaultPhase = 'running' | 'opening';

/** A step of a run, with what it is for: of a file in the making, the name that it will get. */
type NamedStep = { readonly index: number; readonly name: string; readonly step: DiskStep };

const tools = { ...nodeVerifyTools(new VerifyPool(0)), pause: () => Promise.resolve() };

/** Two classes, three rounds, an old edge to remove. */
const WORK: readonly (readonly Batch[] | 'seal')[] = [
  [testBatch('s1', 0, 3), testBatch('s2', 0, 2, 'payment')],
  [testBatch('s1', 3, 2)],
  'seal',
  [testBatch('s1', 5, 2)],
  'seal',
  [testBatch('s1', 7, 1), testBatch('s2', 2, 2, 'payment')],
];

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^~\/cache\//, 'the sessions’ snapshot'],
  [/^~\/?/, 'the data folder'],
  [/^journal\/./, 'a journal'],
  [/^journal$/, 'the journals’ folder'],
  [/\.stage$/, 'the stage'],
  [/^staging$/, 'the stages’ folder'],
  [/^staging\/next/, 'a file in the making'],
  [/^checkpoint$/, 'the checkpoint'],
  [/^segments\/.*zst$/, 'a segment'],
  [/^segments/, 'the segments’ folders'],
  [/^tile.*\d$/, 'a tile or bundle'],
  [/^tile/, 'the tiles’ folders'],
  [/^$/, 'the ledger’s folder'],
];

function kindOf(path: string): string {
  return KINDS.find(([pattern]) => pattern.test(path))?.[1] ?? path;
}

/** Names the steps of a run by what they are done to. */
function nameSteps(steps: readonly DiskStep[]): NamedStep[] {
  return steps.map((step, index) => {
    const isNext = step.path === 'staging/next.tmp';
    const named = isNext ? steps.slice(index).find(({ operation }) => operation === 'rename')?.to : undefined;
    return { index, name: `${step.operation} ${kindOf(named ?? step.path)}`, step };
  });
}

type Done = { readonly disk: MemoryDisk; readonly acknowledged: Set<string>; readonly signed: SignedHeads };

/** A disk as a run of that phase finds it: empty, or with a stage and a journal that a crash has left. */
async function prepared(phase: FaultPhase): Promise<Done> {
  const done = { disk: MemoryDisk.empty(), acknowledged: new Set<string>(), signed: new Map() };
  if (phase === 'running') return done;
  const dry = MemoryDisk.empty();
  await work(dry, new Map(), new Set(), () => undefined);
  const published = dry.steps.map((step, at) => (step.endsWith(' to checkpoint') ? at + 1 : 0)).filter((at) => at > 0);
  done.disk.crashAt = published[2] ?? 0; // staged for the second time, and signed
  await work(done.disk, done.signed, done.acknowledged, () => undefined);
  return { ...done, disk: done.disk.restarted({ kind: 'killed', random: seeded(1) }) };
}

/** Does the work until the ledger stops; what it is refused for now is tried again once `mend` was called. */
async function work(
  disk: MemoryDisk,
  signed: SignedHeads,
  acknowledged: Set<string>,
  mend: () => void,
): Promise<FaultOutcome> {
  let ledger: Ledger;
  try {
    ledger = await openOn(disk, signed);
  } catch (error) {
    if (disk.hasCrashed || error instanceof LedgerError) return 'refuses to open';
    throw error;
  }
  let outcome: FaultOutcome = 'goes on';
  for (const task of [...WORK, 'seal'] as const) {
    let refusal = await attempt(ledger, task, acknowledged);
    for (let tries = 0; refusal !== undefined && refusal !== 'failed' && tries < 3; tries++) {
      outcome = 'pushes back';
      mend();
      mock.timers.tick(SEAL_RETRY_MS);
      await new Promise((resolve) => setImmediate(resolve));
      refusal = await attempt(ledger, task, acknowledged);
    }
    if (refusal !== undefined) return 'stops';
  }
  await ledger.close();
  return outcome;
}

/** Why it was refused; `failed` where the ledger has stopped for good. */
async function attempt(
  ledger: Ledger,
  task: readonly Batch[] | 'seal',
  acknowledged: Set<string>,
): Promise<string | undefined> {
  if (task === 'seal') {
    try {
      await ledger.seal();
      return undefined;
    } catch {
      const probe = await ledger.append([testBatch('probe', 0, 1)]);
      return probe.ok ? 'now' : probe.fault.code;
    }
  }
  const outcome = await ledger.append(task);
  if (!outcome.ok) return outcome.fault.code;
  for (const { lines } of task) for (const line of textLines(lines)) acknowledged.add(line);
  return undefined;
}

function textLines(lines: Uint8Array): string[] {
  return Buffer.from(lines).toString().trimEnd().split('\n');
}

/** Every step of a run of that phase. */
export async function stepsOf(phase: FaultPhase): Promise<NamedStep[]> {
  const { disk, signed } = await prepared(phase);
  const steps: DiskStep[] = [];
  disk.inject = (step) => {
    steps.push(step);
    return undefined;
  };
  const wholeRun = await timed(() => work(disk, signed, new Set(), () => undefined));
  if (wholeRun !== 'goes on') throw new Error(`without a fault it ${wholeRun}`);
  const opened = steps.findIndex(({ operation }) => operation === 'create');
  return nameSteps(steps).filter(({ index }) => index < opened === (phase === 'opening'));
}

async function timed<T>(run: () => Promise<T>): Promise<T> {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    return await run();
  } finally {
    mock.timers.reset();
  }
}

const NEEDS_ROOM = new Set(['create', 'write', 'mkdir']);
const LOOKS = new Set(['read', 'stat', 'list']);

/** What can go wrong with a step. */
export function faultsOf({ operation }: DiskStep): readonly DiskFault[] {
  if (operation === 'read') return ['failed', 'rot'];
  if (LOOKS.has(operation)) return ['failed'];
  const faults: DiskFault[] = ['failed', 'persisted', 'read-only'];
  if (operation === 'write') faults.push('torn');
  if (NEEDS_ROOM.has(operation) || operation === 'sync') faults.push('full');
  return faults;
}

/** Runs with one fault at one step (a full disk stays full until it is mended), and checks all that must hold after it. */
export function runWithFault(phase: FaultPhase, at: number, fault: DiskFault): Promise<FaultOutcome> {
  return timed(async () => {
    const { disk, signed, acknowledged } = await prepared(phase);
    let index = -1;
    let isMended = false;
    disk.inject = (step) => {
      index += 1;
      if (index === at) return fault;
      const goesOn = (fault === 'full' || fault === 'read-only') && index > at && !isMended;
      const isHit = fault === 'read-only' ? !LOOKS.has(step.operation) : NEEDS_ROOM.has(step.operation);
      return goesOn && isHit ? fault : undefined;
    };
    const outcome = await work(disk, signed, acknowledged, () => {
      isMended = true;
    });
    const random = seeded(at);
    await mustBeWhole(disk.restarted({ kind: 'power', survives: 'some', random }), signed, acknowledged);
    return outcome;
  });
}

/** After everything, on a good disk: it opens, holds what it acknowledged once, and never signed two trees of one size. */
async function mustBeWhole(disk: MemoryDisk, signed: SignedHeads, acknowledged: ReadonlySet<string>): Promise<void> {
  const again = new Set(acknowledged);
  const outcome = await work(disk, signed, again, () => undefined);
  if (outcome !== 'goes on') throw new Error(`on a good disk it ${outcome}`);
  const held = sealedLines((path) => disk.peek(path));
  if (new Set(held).size !== held.length) throw new Error('a record is held twice');
  const lost = [...again].find((line) => !held.includes(line));
  if (lost !== undefined) throw new Error(`acknowledged and lost: ${lost}`);
  for (const [size, roots] of signed) if (roots.size > 1) throw new Error(`two roots were signed for size ${size}`);
  const [finding] = (await verifyLedger(disk.files(), tools, {})).findings;
  if (finding !== undefined) throw new Error(`verify: ${JSON.stringify(finding)}`);
}
