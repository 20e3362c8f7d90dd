/** Where in the ledger a finding lies. `file` is relative to the ledger's folder. */
export type FindingPlace = {
  readonly file: string;
  readonly offset?: number;
  readonly block?: number;
  /** Line of the block, from 0: the record's position. */
  readonly line?: number;
};

/**
 * What a verification answers, one by one. `integrity`: every stored byte is what the tree says. `signatures`: who
 * vouches for the tree. `completeness`: no record of any stream is missing or held twice. `retention`: whatever is no
 * longer stored was pruned with authority.
 */
export const SECTIONS = ['integrity', 'signatures', 'completeness', 'retention'] as const;
export type Section = (typeof SECTIONS)[number];

/** Every kind of finding, and which section it fails. */
export const FINDING_SECTIONS = {
  'vkey-missing': 'signatures',
  'vkey-damaged': 'signatures',
  'vkey-mismatch': 'signatures',
  'checkpoint-missing': 'signatures',
  'checkpoint-damaged': 'signatures',
  'checkpoint-rolled-back': 'signatures',
  'log-not-trusted': 'signatures',
  'quorum-not-met': 'signatures',
  'witnessed-differs': 'signatures',
  'witnessed-ahead': 'signatures',
  'statement-damaged': 'signatures',
  'handover-damaged': 'signatures',
  'batch-signature': 'signatures',
  'root-mismatch': 'integrity',
  'entries-missing': 'integrity',
  'entries-damaged': 'integrity',
  'manifest-damaged': 'integrity',
  'tile-missing': 'integrity',
  'tile-damaged': 'integrity',
  'segment-missing': 'retention',
  'segment-chain': 'integrity',
  'segment-leftover': 'integrity',
  'frame-missing': 'retention',
  'frame-damaged': 'integrity',
  'block-root': 'integrity',
  'line-count': 'integrity',
  'line-not-canonical': 'integrity',
  'line-stream': 'integrity',
  'timestamp-range': 'integrity',
  'batch-overlap': 'completeness',
  'sequence-hole': 'completeness',
  'journal-damaged': 'integrity',
  'journal-gap': 'integrity',
  'stage-damaged': 'integrity',
  'unaccounted-file': 'integrity',
  'pruned-unfounded': 'retention',
  'proof-damaged': 'integrity',
} as const satisfies Readonly<Record<string, Section>>;
export type FindingCode = keyof typeof FINDING_SECTIONS;

/** Something that is not as it must be. Any finding means that the ledger does not verify. */
export type Finding = { readonly code: FindingCode; readonly place: FindingPlace; readonly message: string };

/** What is worth telling and no fault of the ledger, such as traces of an interrupted write. */
export type VerifyNote = {
  readonly code: 'torn-append' | 'not-yet-published' | 'left-by-interruption' | 'other-signature' | 'not-looked-at';
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

/** `not-checked`: what was given can't show it, as a pack of chosen records can't show what was left out. */
export type Verdict = 'pass' | 'fail' | 'not-checked';

/** Findings and notes kept of one verification: a ledger that is all wrong must not fill the memory. */
const FINDINGS_MAX = 1_000;

/** Gathers what a verification finds. */
export class VerifyLog {
  readonly findings: Finding[] = [];
  readonly notes: VerifyNote[] = [];
  readonly #failed = new Set<Section>();
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
    this.#failed.add(FINDING_SECTIONS[finding.code]);
    if (this.findings.length < FINDINGS_MAX) this.findings.push(finding);
  }

  note(code: VerifyNote['code'], message: string): void {
    if (this.notes.length < FINDINGS_MAX) this.notes.push({ code, message });
  }

  /** A section without a finding passes only where there was something to check: no proof is no pass. */
  sections(isChecked: boolean): Record<Section, Verdict> {
    const verdict = (section: Section): Verdict => (isChecked && !this.#failed.has(section) ? 'pass' : 'fail');
    const [integrity, signatures] = [verdict('integrity'), verdict('signatures')];
    return { integrity, signatures, completeness: verdict('completeness'), retention: verdict('retention') };
  }
}
