import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requestCosignature } from '@portledger/witness';
import { placeDurably } from '../ledger/durable-file.ts';
import { LedgerError } from '../ledger/ledger-shapes.ts';
import { readPublishedLog } from '../ledger/published-log.ts';
import type { PublishedLog } from '../ledger/published-log.ts';
import { WITNESS_START_MS } from './limits.ts';
import { alarmOf } from './witness-alarm.ts';
import type { WitnessAlarm } from './witness-alarm.ts';
import { consistencyPath } from './witness-follower.ts';
import type { AskedWitness } from './witness-policy.ts';

/** What the witnesses say of a ledger before anything is appended to it. */
export type WitnessedStart = {
  readonly alarms: readonly WitnessAlarm[];
  /** Why a witness could not be heard, by its name. */
  readonly unheard: ReadonlyMap<string, string>;
};

/** Shows the published checkpoint to every witness, all at once and for three seconds at most. */
export async function askBeforeStart(
  ledgerFolder: string,
  witnesses: readonly AskedWitness[],
  timeoutMs: number = WITNESS_START_MS,
): Promise<WitnessedStart> {
  const log = readPublishedLog(ledgerFolder);
  const alarms: WitnessAlarm[] = [];
  const unheard = new Map<string, string>();
  if (log === undefined) return { alarms, unheard };
  await Promise.all(witnesses.map((witness) => askOne(log, witness, timeoutMs, { alarms, unheard })));
  return { alarms, unheard };
}

type Heard = { readonly alarms: WitnessAlarm[]; readonly unheard: Map<string, string> };

async function askOne(log: PublishedLog, witness: AskedWitness, timeoutMs: number, heard: Heard): Promise<void> {
  const { size, checkpoint } = log.head();
  const proof = (from: number): Uint8Array[] => consistencyPath(log, from, size);
  try {
    const answer = await requestCosignature(
      witness,
      { checkpoint, oldSize: 0, proof },
      { signal: AbortSignal.timeout(timeoutMs) },
    );
    if (answer.ok) return;
    const alarm = alarmOf(witness.name, size, answer.fault);
    if (alarm === undefined) heard.unheard.set(witness.name, answer.fault.message);
    else heard.alarms.push(alarm);
  } catch (error) {
    // The proof can't be made: a crash left tiles that recovery will lay. The follower asks again after it.
    heard.unheard.set(witness.name, error instanceof Error ? error.message : String(error));
  }
}

/**
 * Witnesses whose objection the operator has accepted, in `keys/accepted-witnesses`, one key id a line with the reason. Their
 * cosignatures never come back, but the ledger may be opened.
 */
export class AcceptedObjections {
  readonly #path: string;
  readonly #lines: readonly string[];

  constructor(dir: string) {
    this.#path = join(dir, 'keys', 'accepted-witnesses');
    this.#lines = linesOf(this.#path);
  }

  has({ key }: AskedWitness): boolean {
    return this.#lines.some((line) => line.startsWith(`${key.keyId} `));
  }

  add({ key }: AskedWitness, alarm: WitnessAlarm): void {
    const lines = [...linesOf(this.#path), `${key.keyId} ${key.name} ${alarm.message}`];
    placeDurably(this.#path, `${lines.join('\n')}\n`, 0o600);
  }
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** The refusal to open a ledger that a witness objects to. */
export function objection(alarms: readonly WitnessAlarm[]): LedgerError {
  const what = alarms.map(({ message }) => message).join('. ');
  return new LedgerError(
    'behind-witness',
    `${what}. Nothing was changed; restore the newest copy of the ledger’s folder. If there is none, \`portledger ledger accept-restored\` goes on without this witness, and records that`,
  );
}
