/** Where in the ledger a finding lies. `file` is relative to the ledger's folder. */
export type FindingPlace = {
  readonly file: string;
  readonly offset?: number;
  readonly block?: number;
  /** Line of the block, from 0: the record's position. */
  readonly line?: number;
};

export const FINDING_CODES = [
  'vkey-missing',
  'vkey-damaged',
  'vkey-mismatch',
  'checkpoint-missing',
  'checkpoint-damaged',
  'checkpoint-rolled-back',
  'root-mismatch',
  'entries-missing',
  'entries-damaged',
  'manifest-damaged',
  'tile-missing',
  'tile-damaged',
  'segment-missing',
  'segment-chain',
  'segment-leftover',
  'frame-missing',
  'frame-damaged',
  'block-root',
  'line-count',
  'line-not-canonical',
  'line-stream',
  'timestamp-range',
  'batch-overlap',
  'journal-damaged',
  'journal-gap',
  'stage-damaged',
  'unaccounted-file',
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

/** Something that is not as it must be. Any finding means that the ledger does not verify. */
export type Finding = { readonly code: FindingCode; readonly place: FindingPlace; readonly message: string };

/** What is worth telling and no fault of the ledger: completeness, and traces of an interrupted write. */
export type VerifyNote = {
  readonly code: 'sequence-hole' | 'torn-append' | 'not-yet-published' | 'left-by-interruption' | 'other-signature';
  readonly message: string;
};

export type VerifyCounts = {
  /** Sealed records checked line by line. */
  records: number;
  blocks: number;
  segments: number;
  /** Hash tiles and entry bundles. */
  tiles: number;
  /** Bytes of segments, tiles, bundles, journals and stages that were read. */
  bytes: number;
  /** Durable records that no checkpoint covers yet. */
  unsealedRecords: number;
  /** Streams (observer, session). */
  sessions: number;
};

export type VerifyReport = {
  readonly ok: boolean;
  /** The first FINDINGS_MAX. */
  readonly findings: readonly Finding[];
  readonly findingsTotal: number;
  readonly notes: readonly VerifyNote[];
  readonly counts: Readonly<VerifyCounts>;
  readonly origin: string;
  /** Blocks under the checkpoint that was verified. */
  readonly size: number;
  readonly vkey: string;
};

/** Findings and notes kept of one verification: a ledger that is all wrong must not fill the memory. */
const FINDINGS_MAX = 1_000;

/** Gathers what a verification finds. */
export class VerifyLog {
  readonly findings: Finding[] = [];
  readonly notes: VerifyNote[] = [];
  findingsTotal = 0;
  readonly counts: VerifyCounts = {
    records: 0,
    blocks: 0,
    segments: 0,
    tiles: 0,
    bytes: 0,
    unsealedRecords: 0,
    sessions: 0,
  };

  find(code: FindingCode, place: FindingPlace, message: string): void {
    this.add({ code, place, message });
  }

  add(finding: Finding): void {
    this.findingsTotal += 1;
    if (this.findings.length < FINDINGS_MAX) this.findings.push(finding);
  }

  note(code: VerifyNote['code'], message: string): void {
    if (this.notes.length < FINDINGS_MAX) this.notes.push({ code, message });
  }
}
