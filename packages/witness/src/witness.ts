import { nodeSha256, nodeVerifyEd25519 } from '@portledger/format/node';
import {
  admitRequest,
  decide,
  type AdmittedRequest,
  type Refusal,
  type TrustedLogs,
  type WitnessedHead,
} from './decision.ts';
import type { HeadStore } from './head-store.ts';
import { WAITING_PER_LOG_MAX } from './limits.ts';
import type { WitnessKey } from './witness-key.ts';
import type { LogHead } from './witness-metrics.ts';

/** What a witness answers, by the status that carries it. */
export type WitnessAnswer =
  | { readonly status: 200; readonly cosignatures: string }
  | { readonly status: 409; readonly size: number; readonly reason: string }
  | { readonly status: 503; readonly reason: string }
  | Refusal;

export type WitnessParts = {
  readonly key: WitnessKey;
  readonly logs: TrustedLogs;
  readonly heads: HeadStore;
  /** Seconds since the epoch. */
  readonly clock: () => number;
};

/** One log: its requests take turns, and between them its head is known or to be read again. */
type LogTurns = {
  waiting: number;
  last: Promise<unknown>;
  head: { readonly value: WitnessedHead | undefined } | undefined;
};

/** Cosigns checkpoints that extend what it cosigned before. */
export class Witness {
  readonly #parts: WitnessParts;
  readonly #turns: ReadonlyMap<string, LogTurns>;
  readonly #cosigned = new Map<string, LogHead>();

  constructor(parts: WitnessParts) {
    this.#parts = parts;
    this.#turns = new Map(
      [...parts.logs.keys()].map((origin) => [origin, { waiting: 0, last: Promise.resolve(), head: undefined }]),
    );
  }

  /**
   * Answers the body of an `add-checkpoint` request. A cosignature is in the answer only once the head it stands for
   * is durable. Throws a WitnessError where the stored head cannot be read, trusted or replaced.
   */
  async addCheckpoint(body: string): Promise<WitnessAnswer> {
    const admitted = await admitRequest(this.#parts.logs, body, nodeVerifyEd25519);
    if (!admitted.ok) {
      return admitted.fault;
    }
    const turns = this.#turns.get(admitted.value.head.origin);
    if (turns === undefined) {
      return { status: 404, reason: 'this witness does not know the log of that origin' };
    }
    if (turns.waiting >= WAITING_PER_LOG_MAX) {
      return { status: 503, reason: 'too many requests of this log wait; try again later' };
    }
    turns.waiting += 1;
    const turn = turns.last.then(() => this.#answer(turns, admitted.value));
    turns.last = turn.catch(() => undefined); // the next one reads the head anew
    try {
      return await turn;
    } finally {
      turns.waiting -= 1;
    }
  }

  /** What was cosigned since the start: one head a log. */
  heads(): readonly LogHead[] {
    return [...this.#cosigned.values()];
  }

  /** Alone with its log: no other request decides on this head until this has ended. */
  async #answer(turns: LogTurns, request: AdmittedRequest): Promise<WitnessAnswer> {
    const { key, heads, clock } = this.#parts;
    const { origin, size, root } = request.head;
    turns.head ??= { value: await heads.read(origin) };
    const decision = decide(nodeSha256, turns.head.value, request);
    switch (decision.kind) {
      case 'conflict':
        return { status: 409, size: decision.size, reason: decision.reason };
      case 'refuse':
        return decision.refusal;
      case 'cosign': {
        const timeSeconds = clock();
        const line = key.cosign(request.text, timeSeconds);
        // Until the write has ended either head may be the stored one, so none is remembered.
        turns.head = undefined;
        await heads.write(origin, request.signed + line);
        turns.head = { value: { size, root } };
        this.#cosigned.set(origin, { origin, size, cosignedSeconds: timeSeconds });
        return { status: 200, cosignatures: line };
      }
      default:
        return decision satisfies never;
    }
  }
}
