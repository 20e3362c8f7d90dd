import { decodeBase64 } from '@portledger/format';
import { atLeast, cosignCheckpoint } from '@portledger/witness';
import type { Cosigned, WitnessFault } from '@portledger/witness';
import type { PublishedHead, PublishedLog } from '../ledger/published-log.ts';
import { WITNESS_INTERVAL_MS, WITNESS_ROUND_MS } from './limits.ts';
import { alarmOf } from './witness-alarm.ts';
import type { WitnessAlarm } from './witness-alarm.ts';
import type { WitnessPolicy } from './witness-policy.ts';
import { WitnessState } from './witness-state.ts';
import type { WitnessedNotes } from './witnessed-notes.ts';

export type WitnessEvents = {
  /** The ledger itself is in doubt. Told once, until the witness says something else. */
  readonly onAlarm: (alarm: WitnessAlarm) => void;
  /** A witness gave no cosignature, for another reason than the last time. */
  readonly onFault: (witness: string, fault: WitnessFault) => void;
  readonly onRecovered: (witness: string) => void;
  /** What kept a round from being tried or its outcome from being stored. */
  readonly onFailure: (error: unknown) => void;
};

export type WitnessFollowerOptions = {
  readonly log: Pick<PublishedLog, 'head' | 'consistency'>;
  readonly policy: WitnessPolicy;
  readonly notes: WitnessedNotes;
  readonly events: WitnessEvents;
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
  readonly intervalMs?: number;
};

/**
 * Has the latest published checkpoint cosigned, over and over, beside everything else: nothing waits for it. One round at a
 * time asks every witness that is due for the same checkpoint; what was published meanwhile is for the next round, and
 * checkpoints in between are left out. A witness that fails is left alone for longer and longer.
 */
export class WitnessFollower implements AsyncDisposable {
  readonly states: readonly WitnessState[];
  readonly notes: WitnessedNotes;
  readonly #options: WitnessFollowerOptions;
  readonly #end = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(options: WitnessFollowerOptions) {
    this.#options = options;
    this.notes = options.notes;
    this.states = options.policy.witnesses.map(
      (witness) => new WitnessState(witness, options.notes.lastBy(witness.name)),
    );
    this.#next(0);
  }

  /** Name of the policy's quorum. */
  get quorum(): string {
    return this.#options.policy.policy.quorum;
  }

  /** Ends the round under way and begins no other. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    clearTimeout(this.#timer);
    await this.#round;
  }

  #next(delayMs: number): void {
    if (this.#end.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#ask().finally(() => this.#next(this.#options.intervalMs ?? WITNESS_INTERVAL_MS));
    }, delayMs);
    this.#timer.unref();
  }

  async #ask(): Promise<void> {
    const { log, events, nowMs, notes } = this.#options;
    const head = log.head();
    const due = head.size === 0 ? [] : this.states.filter((state) => state.isDue(head.size, nowMs()));
    if (due.length === 0) return;
    try {
      const cosigned = await this.#cosigned(head, due);
      if (cosigned.signed.size > 0) await notes.keep(cosigned.checkpoint);
      for (const state of due) this.#take(state, head.size, cosigned);
    } catch (error) {
      if (!this.#end.signal.aborted) events.onFailure(error);
    }
  }

  /** What came of it, whoever answered. Throws where the proof for a witness can't be made from the stored tiles. */
  async #cosigned(head: PublishedHead, due: readonly WitnessState[]): Promise<Cosigned> {
    const { log, notes } = this.#options;
    const asked = due.map(({ witness, cosigned }) => ({ ...witness, oldSize: cosigned?.size ?? 0 }));
    // What others cosigned before of this very checkpoint stays in its note.
    const known = notes.of(head.size)?.note;
    const checkpoint = known?.split('\n\n', 1)[0] === head.checkpoint.split('\n\n', 1)[0] ? known : head.checkpoint;
    const proof = (oldSize: number): Uint8Array[] => consistencyPath(log, oldSize, head.size);
    const options = { quorum: atLeast(due.length), deadlineMs: WITNESS_ROUND_MS, signal: this.#end.signal };
    const outcome = await cosignCheckpoint(asked, { checkpoint: checkpoint ?? head.checkpoint, proof }, options);
    return outcome.ok ? outcome.value : outcome.fault;
  }

  #take(state: WitnessState, size: number, { signed, faults }: Cosigned): void {
    const { events, nowMs } = this.#options;
    const { name } = state.witness;
    const cosignature = signed.get(name);
    const fault = faults.get(name);
    if (cosignature !== undefined) {
      if (state.fault !== undefined) events.onRecovered(name);
      state.succeeded(cosignature);
    } else if (fault !== undefined && !this.#end.signal.aborted && state.failedWith(fault, nowMs())) {
      const alarm = alarmOf(name, size, fault);
      if (alarm === undefined) events.onFault(name, fault);
      else events.onAlarm(alarm);
    }
  }
}

/** The path of RFC 9162 from one published tree to another. */
export function consistencyPath(log: Pick<PublishedLog, 'consistency'>, from: number, to: number): Uint8Array[] {
  const path = log.consistency(from, to);
  if (!path.ok) throw new Error(path.fault.message);
  return path.value.map((hash) => decodeBase64(hash) ?? new Uint8Array(0));
}
