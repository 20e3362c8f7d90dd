import { encodeBase64 } from '@portledger/format';
import type { SeenCheckpoint } from '@portledger/format';
import { OBSERVERS_MAX } from '../limits.ts';

/** An observer has seen a checkpoint that this ledger never had: it was put back to an earlier state, or forked. */
export type LedgerDoubt = {
  readonly observer: string;
  /** What the observer saw. */
  readonly seen: SeenCheckpoint;
  /** Blocks in this ledger's tree when it was told. */
  readonly ownSize: number;
  /** `ahead`: the observer saw more blocks than there are. `differs`: of that size the tree has another root. */
  readonly kind: 'ahead' | 'differs';
  /** Epoch milliseconds. */
  readonly noticedMs: number;
};

/** The tree as far as it is published. */
export type PublishedTree = {
  readonly head: () => { readonly size: number };
  /** Root of the tree of an earlier size. */
  readonly root: (size: number) => Uint8Array | undefined;
};

export type SeenCheckpointsOptions = {
  readonly tree: PublishedTree;
  readonly nowMs: () => number;
  /** What was noticed before the last restart. */
  readonly doubts: readonly LedgerDoubt[];
  /** Told once of each observer's doubt. */
  readonly onDoubt: (doubt: LedgerDoubt) => void;
};

/** Holds what observers say they saw of the log against the log: the memory of those who did not lose theirs. */
export class SeenCheckpoints {
  readonly #options: SeenCheckpointsOptions;
  /** The last claim of each observer that was found to be so. */
  readonly #agreed = new Map<string, SeenCheckpoint>();
  readonly #doubts = new Map<string, LedgerDoubt>();

  constructor(options: SeenCheckpointsOptions) {
    this.#options = options;
    for (const doubt of options.doubts) this.#doubts.set(doubt.observer, doubt);
  }

  get doubts(): readonly LedgerDoubt[] {
    return [...this.#doubts.values()];
  }

  /** Looks at a claim whose signature is the observer's. */
  look(observer: string, seen: SeenCheckpoint): void {
    const agreed = this.#agreed.get(observer);
    if (agreed?.size === seen.size && agreed.root === seen.root) return;
    const kind = this.#judge(seen);
    if (kind === undefined) this.#agree(observer, seen);
    else this.#doubt({ observer, seen, kind });
  }

  /** The observer begins anew, with a key of its own: what it saw before is settled. */
  forget(observer: string): void {
    this.#doubts.delete(observer);
    this.#agreed.delete(observer);
  }

  #judge({ size, root }: SeenCheckpoint): LedgerDoubt['kind'] | undefined {
    const { tree } = this.#options;
    if (size > tree.head().size) return 'ahead';
    if (size === 0) return undefined; // every log begins with the empty tree
    const own = tree.root(size);
    if (own === undefined) return undefined; // the tiles are being changed or are damaged, which others tell
    return encodeBase64(own) === root ? undefined : 'differs';
  }

  #agree(observer: string, seen: SeenCheckpoint): void {
    this.#agreed.delete(observer);
    this.#agreed.set(observer, seen);
    if (this.#agreed.size <= OBSERVERS_MAX) return;
    const oldest = this.#agreed.keys().next().value;
    if (oldest !== undefined) this.#agreed.delete(oldest);
  }

  #doubt(found: Pick<LedgerDoubt, 'observer' | 'seen' | 'kind'>): void {
    const before = this.#doubts.get(found.observer);
    if (before?.seen.size === found.seen.size && before.seen.root === found.seen.root) return;
    const { tree, nowMs, onDoubt } = this.#options;
    const doubt = { ...found, ownSize: tree.head().size, noticedMs: Math.floor(nowMs()) };
    this.#doubts.set(found.observer, doubt);
    onDoubt(doubt);
  }
}
