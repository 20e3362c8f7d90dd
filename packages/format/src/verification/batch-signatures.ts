import { batchStatementHash, verifyBatchSignature } from '../batch-statement.ts';
import type { SeenCheckpoint, SignedBatch } from '../batch-statement.ts';
import type { BatchEntry, BlockManifest } from '../manifest.ts';
import { observerKeyChange } from '../observer-key.ts';
import type { AccessRecord } from '../record.ts';
import { sessionKey } from './sequence-ranges.ts';
import type { VerifyTools } from './ledger-files.ts';
import type { FindingPlace, VerifyLog } from './verify-log.ts';

/** What an observer signed of its batches in the ledger. Counts of batches as they were sent. */
export type SigningReport = {
  readonly observer: string;
  readonly signed: number;
  readonly unsigned: number;
  /** Signed batches of which not all lines stand in one block: their lines were not hashed, only the signature verified. */
  readonly inParts: number;
  readonly keys: readonly string[];
};

type Change = { readonly isRegistered: boolean; readonly block: number; readonly timestamp: string };
type Statement = { readonly entry: BatchEntry; readonly signed: SignedBatch; readonly place: FindingPlace };

class Signer {
  readonly keys = new Map<string, Uint8Array>();
  readonly used = new Set<string>();
  readonly changes: Change[] = [];
  readonly seen = new Set<string>();
  signed = 0;
  unsigned = 0;
  inParts = 0;
}

/** Holds batches to what their observers signed: key, lines, the batch before, and the checkpoint that they saw. */
export class BatchSignatures {
  readonly #tools: VerifyTools;
  readonly #log: VerifyLog;
  readonly #signers = new Map<string, Signer>();
  /** By stream, the hashes of its statements. */
  readonly #hashes = new Map<string, Set<string>>();
  /** Statements whose key or predecessor was not known yet when they came: a block may stand before the one that tells. */
  readonly #waiting: Statement[] = [];
  readonly #claims: { readonly seen: SeenCheckpoint; readonly statement: Statement }[] = [];

  constructor(tools: VerifyTools, log: VerifyLog) {
    this.#tools = tools;
    this.#log = log;
  }

  /** Sizes of the trees that observers say they saw. */
  get claimedSizes(): ReadonlySet<number> {
    return new Set(this.#claims.map(({ seen }) => seen.size));
  }

  mark(record: AccessRecord, { block }: BlockManifest): void {
    const change = observerKeyChange(record);
    if (change === undefined) return;
    const signer = this.#signer(change.observer);
    if (change.kind === 'registered') signer.keys.set(change.keyId, change.key);
    signer.changes.push({ isRegistered: change.kind === 'registered', block, timestamp: record.timestamp });
  }

  /** `linesHashes`: of each batch the SHA-256 of its lines, hex; undefined where the block is not stored. */
  async take(manifest: BlockManifest, file: string, linesHashes: readonly (string | undefined)[]): Promise<void> {
    for (const [at, entry] of manifest.batches.entries()) {
      const place = { file, block: manifest.block };
      const signer = this.#signer(entry.observer);
      if (entry.signed === undefined) this.#unsigned(entry, signer, place);
      else await this.#take({ entry, signed: entry.signed, place }, signer, linesHashes[at]);
    }
  }

  async finish(rootOf: ReadonlyMap<number, string>): Promise<readonly SigningReport[]> {
    for (const statement of this.#waiting) await this.#verify(statement, this.#signer(statement.entry.observer), true);
    for (const { seen, statement } of this.#claims) {
      if (rootOf.get(seen.size) === seen.root) continue;
      this.#find(
        statement,
        `says that it saw a tree of ${seen.size} blocks that this log never had: it was rewritten, or put back`,
      );
    }
    const reports = [...this.#signers].map(([observer, { signed, unsigned, inParts, used }]) => ({
      observer,
      signed,
      unsigned,
      inParts,
      keys: [...used],
    }));
    return reports.filter(({ signed }) => signed > 0);
  }

  /** An observer with a key sends nothing unsigned; what came before the record of its key was told was not held to it. */
  #unsigned(entry: BatchEntry, signer: Signer, place: FindingPlace): void {
    signer.unsigned += 1;
    const before = signer.changes.filter(
      ({ block, timestamp }) => block < (place.block ?? 0) && timestamp < entry.received,
    );
    if (before.at(-1)?.isRegistered !== true) return;
    const message = `the batch of ${entry.observer} from ${entry.first_seq} on is not signed, though its key was registered before`;
    this.#log.find('batch-signature', place, message);
  }

  async #take(statement: Statement, signer: Signer, linesHash: string | undefined): Promise<void> {
    const { entry, signed } = statement;
    const isWhole = entry.first_seq === signed.first_seq && entry.count === signed.count;
    if (isWhole && linesHash !== undefined && linesHash !== signed.lines_sha256)
      this.#find(statement, 'has other lines than those that were signed');
    const hash = batchStatementHash(this.#tools.hash, entry, signed);
    const stream = sessionKey(entry.observer, entry.session);
    const hashes = this.#hashes.get(stream) ?? new Set();
    this.#hashes.set(stream, hashes);
    const name = `${hash} ${signed.signature}`;
    if (signer.seen.has(name)) return; // another part of it
    signer.seen.add(name);
    hashes.add(hash);
    signer.signed += 1;
    if (!isWhole) signer.inParts += 1;
    if (signed.checkpoint !== undefined) this.#claims.push({ seen: signed.checkpoint, statement });
    await this.#verify(statement, signer, false);
  }

  async #verify(statement: Statement, signer: Signer, isEnd: boolean): Promise<void> {
    const { entry, signed } = statement;
    const key = signer.keys.get(signed.key);
    const hashes = this.#hashes.get(sessionKey(entry.observer, entry.session));
    const isChained = signed.previous === undefined || hashes?.has(signed.previous) === true;
    if (!isEnd && (key === undefined || !isChained)) {
      this.#waiting.push(statement);
      return;
    }
    if (!isChained) this.#find(statement, 'names a batch before it that is not in the log');
    if (key === undefined)
      this.#find(statement, `is signed by ${signed.key}, a key that no record in the log registers`);
    else if (!(await verifyBatchSignature(this.#tools.verifyEd25519, key, entry, signed)))
      this.#find(statement, `is not signed by the key ${signed.key}, as it says`);
    else signer.used.add(signed.key);
  }

  #find({ entry, signed, place }: Statement, what: string): void {
    this.#log.find('batch-signature', place, `the batch of ${entry.observer} from ${signed.first_seq} on ${what}`);
  }

  #signer(observer: string): Signer {
    let signer = this.#signers.get(observer);
    if (signer === undefined) this.#signers.set(observer, (signer = new Signer()));
    return signer;
  }
}
