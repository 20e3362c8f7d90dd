import { parseCheckpoint } from '../checkpoint.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { trustCheckpoint } from '../checkpoint-trust.ts';
import type { WitnessStatement } from '../checkpoint-trust.ts';
import { bytesEqual } from '../merkle-verification.ts';
import { parseNote } from '../signed-note.ts';
import { NO_QUORUM } from '../tlog-policy.ts';
import type { Policy } from '../tlog-policy.ts';
import { formatVerifierKey } from '../verifier-key.ts';
import type { VerifierKey } from '../verifier-key.ts';
import { KeyChain } from './key-chain.ts';
import type { VerifyTools } from './ledger-files.ts';
import { CHECKPOINT_PATH, KEYS_FOLDER } from './ledger-paths.ts';
import type { VerifyLog } from './verify-log.ts';

/** A signed statement of the same log from another moment, which its tree must agree with. */
export type Anchor = {
  /** Where it was found, for findings. */
  readonly file: string;
  readonly note: string;
  /** `auditor`: kept outside by whoever verifies. `ledger`: stored with the ledger, and worth its cosignatures. */
  readonly from: 'auditor' | 'ledger';
};

/** A time stamp authority's word that a checkpoint existed at a time. */
export type TimeStatement = {
  readonly authority: string;
  readonly time: string;
  readonly size: number;
  /** Whether a certificate that the auditor trusts stands behind it: else anyone can be that authority. */
  readonly isTrusted: boolean;
};

/** Who vouches for what was verified. */
export type TrustReport = {
  /** Where the log's key came from. */
  readonly keyFrom: 'policy' | 'given' | 'ledger';
  /** `not-asked`: no policy, or one that asks for no witness. */
  readonly quorum: 'met' | 'not-met' | 'not-asked';
  /** Blocks under the newest checkpoint with a quorum; 0 where there is none. */
  readonly witnessedSize: number;
  readonly witnesses: readonly WitnessStatement[];
  /** Witnesses of the policy that did not cosign it. */
  readonly missing: readonly string[];
  readonly times: readonly TimeStatement[];
  /** Sizes of earlier checkpoints, kept by the auditor, that this log continues. */
  readonly continues: readonly number[];
  /** Whether anybody but the operator vouches for any of it. */
  readonly isVouchedOutside: boolean;
};

export type AnchoredHead = { readonly anchor: Anchor; readonly checkpoint: Checkpoint };

/** Gathers what others say of the log, and holds the tree to it. */
export class TrustCheck {
  readonly #policy: Policy;
  readonly #keyFrom: TrustReport['keyFrom'];
  readonly #logs: readonly VerifierKey[];
  readonly #chain: KeyChain;
  readonly #tools: VerifyTools;
  readonly #log: VerifyLog;
  readonly #heads: AnchoredHead[] = [];
  readonly #times: TimeStatement[] = [];
  #best:
    | { readonly size: number; readonly signed: readonly WitnessStatement[]; readonly missing: readonly string[] }
    | undefined;
  #isMet = false;
  /** The key that signed the last statement taken that holds. */
  logKey: string | undefined;

  constructor(
    trusted: {
      readonly policy?: Policy | undefined;
      readonly keyFrom: TrustReport['keyFrom'];
      readonly logs: readonly VerifierKey[];
      readonly chain?: KeyChain;
    },
    tools: VerifyTools,
    log: VerifyLog,
  ) {
    this.#policy = trusted.policy ?? { logs: [], witnesses: [], groups: [], quorum: NO_QUORUM };
    this.#keyFrom = trusted.keyFrom;
    const known = [...this.#policy.logs.map(({ key }) => key), ...trusted.logs];
    const chain = trusted.chain ?? new KeyChain([]);
    const isOurs = known.some((key) => chain.has(formatVerifierKey(key)));
    // Whoever trusts one key of the chain trusts those that it handed over to, and those that handed over to it.
    if (!isOurs && chain.handovers.length > 0)
      log.find('handover-damaged', { file: KEYS_FOLDER }, 'the handovers are not of a key that is to be trusted');
    this.#chain = isOurs ? chain : new KeyChain([]);
    this.#logs = [...trusted.logs, ...this.#chain.keys];
    this.#tools = tools;
    this.#log = log;
  }

  /** Sizes of trees whose root is to be compared. */
  get sizes(): ReadonlySet<number> {
    const handovers = this.#chain.handovers.map(({ handover }) => handover.size);
    return new Set([...this.#heads.map(({ checkpoint }) => checkpoint.size), ...handovers]);
  }

  /** Takes a statement: signed by the log, and cosigned by whom it is. One that does not hold is a finding. */
  async take(anchor: Anchor): Promise<Checkpoint | undefined> {
    const { note, file } = anchor;
    const own = await trustCheckpoint(
      { ...this.#policy, quorum: NO_QUORUM },
      note,
      this.#tools.verifyEd25519,
      this.#logs,
    );
    if (!own.ok) {
      this.#log.find(isHead(anchor) ? codeOf(own.fault.code) : 'statement-damaged', { file }, own.fault.message);
      const parsed = parseNote(note);
      const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : undefined;
      return checkpoint?.ok === true ? checkpoint.value : undefined;
    }
    const { checkpoint, signed, missing } = own.value;
    if (!this.#chain.maySign(own.value.log, checkpoint.size)) {
      this.#log.find(
        'log-not-trusted',
        { file },
        `it is signed by ${own.value.log.keyId}, which had handed over by then`,
      );
      return checkpoint;
    }
    this.#heads.push({ anchor, checkpoint });
    this.logKey = formatVerifierKey(own.value.log);
    const full = await trustCheckpoint(this.#policy, note, this.#tools.verifyEd25519, this.#logs);
    const isBetter = full.ok === this.#isMet ? checkpoint.size >= (this.#best?.size ?? 0) : full.ok;
    if (isBetter && (full.ok || signed.length >= (this.#best?.signed.length ?? 0)))
      this.#best = { size: checkpoint.size, signed, missing };
    this.#isMet ||= full.ok;
    return checkpoint;
  }

  time(statement: TimeStatement): void {
    this.#times.push(statement);
  }

  /** Holds the recomputed tree to every statement. `rootOf` gives the root of the first blocks, within the tree. */
  compare(size: number, rootOf: ReadonlyMap<number, Uint8Array>): void {
    const handovers = this.#chain.handovers.map(({ file, handover }) => ({ file, checkpoint: handover }));
    // Of the ledger's own checkpoint the walk over the tree has compared the root.
    const heads = this.#heads.filter(({ anchor }) => !isHead(anchor));
    for (const { file, checkpoint } of [
      ...handovers,
      ...heads.map(({ anchor, checkpoint }) => ({ file: anchor.file, checkpoint })),
    ]) {
      if (checkpoint.size > size) {
        const message = `the log was seen with ${checkpoint.size} blocks and has ${size} now: it was put back to an earlier state, or cut`;
        this.#log.find('witnessed-ahead', { file }, message);
        continue;
      }
      const root = rootOf.get(checkpoint.size);
      if (root !== undefined && bytesEqual(root, checkpoint.root)) continue;
      const message = `the first ${checkpoint.size} blocks are not those that this statement was given for: the log was rewritten`;
      this.#log.find('witnessed-differs', { file }, message);
    }
  }

  /** The same where nothing but one root is at hand, as in a pack: what is of another tree is not proven to be of this log's. */
  compareAt(size: number, root: Uint8Array): void {
    for (const { anchor, checkpoint } of this.#heads) {
      if (checkpoint.size === size && bytesEqual(checkpoint.root, root)) continue;
      const message = `a pack of ${size} blocks can't show that one of ${checkpoint.size} is of the same log`;
      this.#log.find('witnessed-differs', { file: anchor.file }, message);
    }
  }

  report(): TrustReport {
    const asks = this.#policy.quorum !== NO_QUORUM;
    const { size = 0, signed = [], missing = [] } = this.#best ?? {};
    if (asks && !this.#isMet) {
      const names = (list: readonly string[]): string => (list.length === 0 ? 'nobody' : list.join(', '));
      const message = `the policy's quorum ${JSON.stringify(this.#policy.quorum)} is not met: cosigned by ${names(signed.map(({ witness }) => witness))}, missing ${names(missing)}`;
      this.#log.find('quorum-not-met', { file: CHECKPOINT_PATH }, message);
    }
    const continues = this.#heads
      .filter(({ anchor }) => anchor.from === 'auditor')
      .map(({ checkpoint }) => checkpoint.size);
    return {
      keyFrom: this.#keyFrom,
      quorum: asks ? (this.#isMet ? 'met' : 'not-met') : 'not-asked',
      witnessedSize: signed.length > 0 ? size : 0,
      witnesses: signed,
      missing,
      times: this.#times,
      continues,
      isVouchedOutside: signed.length > 0 || this.#times.some(({ isTrusted }) => isTrusted) || continues.length > 0,
    };
  }
}

/** Whether it is the ledger's own checkpoint; an auditor's file may have that name too. */
function isHead({ file, from }: Anchor): boolean {
  return from === 'ledger' && file === CHECKPOINT_PATH;
}

function codeOf(code: string): 'log-not-trusted' | 'checkpoint-damaged' {
  return code === 'unknown-log' ? 'log-not-trusted' : 'checkpoint-damaged';
}

/** What is said where nothing could be verified. */
export const NO_TRUST: TrustReport = {
  keyFrom: 'ledger',
  quorum: 'not-asked',
  witnessedSize: 0,
  witnesses: [],
  missing: [],
  times: [],
  continues: [],
  isVouchedOutside: false,
};
