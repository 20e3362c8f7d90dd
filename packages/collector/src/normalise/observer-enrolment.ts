import { observerKeyId, observerKeyProofInput } from '@portledger/format';
import type { ObserverKeyChange, Result } from '@portledger/format';
import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import type { AppendFault } from '../ledger/ledger-shapes.ts';
import { OBSERVER_KEYS_MAX } from '../limits.ts';
import type { ObserverKey, ObserverKeys } from './observer-keys.ts';
import type { ObserverTurns } from './observer-turns.ts';

export type EnrolmentOptions = {
  readonly keys: ObserverKeys;
  readonly turns: ObserverTurns;
  /** Writes the change into the ledger and resolves once it is durable. */
  readonly record: (change: ObserverKeyChange, by: string) => Promise<Result<unknown, AppendFault>>;
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
};

export type Enrolling = {
  readonly observer: string;
  /** 32 bytes of an Ed25519 public key. */
  readonly publicKey: Uint8Array;
  /** Signature over `observerKeyProofInput` by that key. */
  readonly proof: Uint8Array;
  /** Name of the token that it comes with. */
  readonly by: string;
  /** Whether it may take the place of another key: an operator has said so. */
  readonly mayReplace: boolean;
};

export type EnrolmentFault =
  | { readonly code: 'key-proof-invalid' | 'observer-key-taken' | 'too-many-observer-keys' | 'observer-key-not-found' }
  | { readonly code: 'unrecorded'; readonly fault: AppendFault };

/** Registers and withdraws observers' keys. A key is in force only once the ledger says so, for the auditor finds it there. */
export class ObserverEnrolment {
  readonly #options: EnrolmentOptions;

  constructor(options: EnrolmentOptions) {
    this.#options = options;
  }

  register(enrolling: Enrolling): Promise<Result<ObserverKey, EnrolmentFault>> {
    return this.#options.turns.take(enrolling.observer, () => this.#register(enrolling));
  }

  /** The observer may send unsigned again, or register another key. */
  withdraw(observer: string, by: string): Promise<Result<ObserverKey, EnrolmentFault>> {
    return this.#options.turns.take(observer, async () => {
      const { keys, record } = this.#options;
      const key = keys.of(observer);
      if (key === undefined) return { ok: false, fault: { code: 'observer-key-not-found' } };
      const recorded = await record({ kind: 'withdrawn', observer, keyId: key.keyId }, by);
      if (!recorded.ok) return { ok: false, fault: { code: 'unrecorded', fault: recorded.fault } };
      keys.remove(observer);
      return { ok: true, value: key };
    });
  }

  async #register(enrolling: Enrolling): Promise<Result<ObserverKey, EnrolmentFault>> {
    const { observer, publicKey, proof, by, mayReplace } = enrolling;
    const { keys, record, nowMs } = this.#options;
    if (!(await nodeVerifyEd25519(publicKey, observerKeyProofInput(observer, publicKey), proof)))
      return { ok: false, fault: { code: 'key-proof-invalid' } };
    const keyId = observerKeyId(nodeSha256, publicKey);
    const standing = keys.of(observer);
    if (standing !== undefined && Buffer.from(standing.publicKey).equals(publicKey))
      return { ok: true, value: standing };
    if (standing !== undefined && !mayReplace) return { ok: false, fault: { code: 'observer-key-taken' } };
    if (standing === undefined && keys.count >= OBSERVER_KEYS_MAX)
      return { ok: false, fault: { code: 'too-many-observer-keys' } };
    const done = keys.await(observer);
    try {
      const replaces = standing === undefined ? {} : { replaces: standing.keyId };
      const recorded = await record({ kind: 'registered', observer, keyId, key: publicKey, ...replaces }, by);
      if (!recorded.ok) return { ok: false, fault: { code: 'unrecorded', fault: recorded.fault } };
      const key: ObserverKey = { observer, keyId, publicKey, registeredMs: Math.floor(nowMs()), by };
      keys.put(key);
      return { ok: true, value: key };
    } finally {
      done();
    }
  }
}
