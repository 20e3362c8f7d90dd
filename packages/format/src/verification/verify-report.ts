import type { SigningReport } from './batch-signatures.ts';
import type { HandoverReport } from './key-chain.ts';
import type { PrunedSegment } from './pruned-segments.ts';
import type { StreamReport } from './stream-report.ts';
import type { Finding, Section, Verdict, VerifyCounts, VerifyNote } from './verify-log.ts';
import type { TrustReport } from './verify-trust.ts';

export type VerifyReport = {
  readonly ok: boolean;
  readonly sections: Readonly<Record<Section, Verdict>>;
  /** The first FINDINGS_MAX. */
  readonly findings: readonly Finding[];
  readonly findingsTotal: number;
  readonly notes: readonly VerifyNote[];
  readonly counts: Readonly<VerifyCounts>;
  readonly origin: string;
  /** Blocks under the checkpoint that was verified. */
  readonly size: number;
  readonly vkey: string;
  readonly trust: TrustReport;
  /** Changes of the log's key, in order. */
  readonly handovers: readonly HandoverReport[];
  /** Observers that sign their batches. */
  readonly signing: readonly SigningReport[];
  /** Streams with something to tell first; the first STREAMS_TOLD_MAX. */
  readonly streams: readonly StreamReport[];
  readonly pruned: readonly PrunedSegment[];
};
