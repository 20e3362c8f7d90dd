import type { WitnessFault } from '@portledger/witness';
import { WITNESS_RETRY_MS_MAX, WITNESS_RETRY_MS_MIN } from './limits.ts';
import type { AskedWitness } from './witness-policy.ts';

/** What is known of one witness. Times are epoch milliseconds. */
export class WitnessState {
  readonly witness: AskedWitness;
  readonly failures = new Map<string, number>();
  /** The latest cosignature got. */
  cosigned: { readonly size: number; readonly timeSeconds: number } | undefined;
  /** Why it gave none when it was asked last. */
  fault: (WitnessFault & { readonly sinceMs: number }) | undefined;
  #failed = 0;
  #notBeforeMs = 0;

  constructor(witness: AskedWitness, cosigned: WitnessState['cosigned']) {
    this.witness = witness;
    this.cosigned = cosigned;
  }

  isDue(size: number, nowMs: number): boolean {
    return nowMs >= this.#notBeforeMs && this.cosigned?.size !== size;
  }

  succeeded(cosigned: { readonly size: number; readonly timeSeconds: number }): void {
    this.cosigned = cosigned;
    this.fault = undefined;
    this.#failed = 0;
    this.#notBeforeMs = 0;
  }

  /** Returns whether it failed otherwise than the last time. */
  failedWith(fault: WitnessFault, nowMs: number): boolean {
    const isOther = this.fault?.code !== fault.code || this.fault.witnessSize !== fault.witnessSize;
    this.failures.set(fault.code, (this.failures.get(fault.code) ?? 0) + 1);
    this.fault = { ...fault, sinceMs: isOther ? nowMs : (this.fault?.sinceMs ?? nowMs) };
    this.#notBeforeMs = nowMs + Math.min(WITNESS_RETRY_MS_MAX, WITNESS_RETRY_MS_MIN * 2 ** Math.min(this.#failed, 20));
    this.#failed += 1;
    return isOther;
  }
}
