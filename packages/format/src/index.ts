export { followHandovers, handoverText, openHandover } from './key-handover.ts';
export type { HandoverFault, KeyHandover, KeySpan } from './key-handover.ts';
export { fail, ok, type Result } from './result.ts';
export * from './limits.ts';
export * from './record.ts';
export * from './fields.ts';
export { isJsonObject, type JsonObject, type JsonValue } from './json-value.ts';
export { canonicalJson, canonicalString } from './canonical-json.ts';
export { canonicalLine } from './canonical-line.ts';
export { RECORD_FAULT_CODES, type RecordFault, type RecordFaultCode } from './record-fault.ts';
export { parseLine } from './strict-parse.ts';
export { SCAN_VERDICTS, SLOTS, scanLine, type ScanVerdict } from './line-scanner.ts';
export { integerAt, stringAt } from './slot.ts';
export { readRecord } from './generous-parse.ts';
export { timestampFromInput } from './timestamp-input.ts';
export { ACTION_SYNONYMS } from './synonyms.ts';
export { utf8Length } from './utf8.ts';
export { recordJsonSchema } from './record-schema.ts';
export { recordReference } from './record-reference.ts';
export {
  TIMESTAMP_MICROS_END,
  microsFromTimestamp,
  timestampFormatter,
  timestampFromMicros,
  type TimestampFormatter,
} from './timestamps.ts';
export { canonicalIp, ipBytes, ipSortKey, ipText } from './addresses.ts';
export { communityId, type FlowTuple } from './community-id.ts';
export { sha256, type Hash } from './sha256.ts';
export { decodeBase64, encodeBase64 } from './base64.ts';
export { CompactRange, leafHash, leafHasher, nodeHash, rootOf, type CompactRangeState } from './merkle.ts';
export { MerkleLevels } from './merkle-levels.ts';
export { consistencyPath, inclusionPath } from './merkle-path.ts';
export {
  bytesEqual,
  verifyConsistency,
  verifyInclusion,
  type ConsistencyProof,
  type InclusionProof,
} from './merkle-verification.ts';
export {
  COSIGNATURE_TYPE,
  ED25519_TYPE,
  formatVerifierKey,
  hexOf,
  keyIdOf,
  parseVerifierKey,
  verifierKey,
  type VerifierKey,
  type VerifierKeyFault,
} from './verifier-key.ts';
export {
  formatNote,
  openNote,
  parseNote,
  type NoteFault,
  type NoteSignature,
  type SignedNote,
  type VerifyEd25519,
} from './signed-note.ts';
export {
  formatCheckpoint,
  parseCheckpoint,
  verifyCheckpoint,
  type Checkpoint,
  type CheckpointFault,
} from './checkpoint.ts';
export { decodeTile, encodeTile, entriesPath, parseTilePath, tilePath, tilesOf, type TileCoordinate } from './tile.ts';
export { decodeEntryBundle, encodeEntryBundle } from './entry-bundle.ts';
export {
  batchSigningInput,
  batchStatementHash,
  observerKeyId,
  readSignedBatch,
  verifyBatchSignature,
  type BatchStream,
  type SeenCheckpoint,
  type SignedBatch,
  type UnsignedStatement,
} from './batch-statement.ts';
export { observerKeyChange, observerKeyLabels, observerKeyProofInput, type ObserverKeyChange } from './observer-key.ts';
export {
  batchEntryBytes,
  isClassName,
  manifestLine,
  parseManifest,
  type BatchEntry,
  type BlockManifest,
  type ManifestFault,
} from './manifest.ts';
export {
  AUDIT_RETENTION_CLASS,
  CLASS_NAMES,
  DEFAULT_RETENTION_CLASS,
  RETENTION_CLASSES_MAX,
  RETENTION_RULES_MAX,
  SYSTEM_RETENTION_CLASS,
  ageText,
  labelOfRuleField,
  longestKept,
  parseRetentionRule,
  retentionClassOf,
  retentionPolicyFault,
  type FieldText,
  type RetentionClass,
  type RetentionPolicy,
  type RetentionRule,
  type RetentionTest,
} from './retention-policy.ts';
export {
  cosignatureLine,
  cosignatureMessage,
  decodeCosignature,
  encodeCosignature,
  isSignatureOf,
  openCosignature,
  parseCosignatureLine,
  verifyCosignature,
  type Cosignature,
} from './cosignature.ts';
export {
  NO_QUORUM,
  POLICY_BYTES_MAX,
  parsePolicy,
  type Policy,
  type PolicyFault,
  type PolicyGroup,
  type PolicyLog,
  type PolicyWitness,
} from './tlog-policy.ts';
export {
  meetsQuorum,
  trustCheckpoint,
  type TrustFault,
  type TrustedCheckpoint,
  type WitnessStatement,
} from './checkpoint-trust.ts';
export {
  TLOG_PROOF_EXTRA_BYTES_MAX,
  TLOG_PROOF_LENGTH_MAX,
  formatTlogProof,
  parseTlogProof,
  verifyTlogProof,
  type TlogProof,
  type TlogProofClaim,
  type TlogProofFault,
} from './tlog-proof.ts';
export {
  isSubtree,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
  type SubtreeConsistencyProof,
  type SubtreeInclusionProof,
  type SubtreeRange,
} from './merkle-subtree.ts';
export { verifyRecordProof, type ProofFacts, type ProofFault, type RecordProof } from './record-proof.ts';
export { PLAIN_LINE_GROWTH_BYTES_MAX, PlainLineWriter } from './plain-line.ts';
export {
  readRecordSetProof,
  recordProofsOf,
  verifyRecordSetProof,
  type RecordSetProof,
  type SetBlock,
  type SetFacts,
  type SetFault,
  type SetRecord,
  type SetRecordFacts,
} from './record-set-proof.ts';
export { readReceipt, type AddressRange, type Receipt, type ReceiptFault, type StreamRange } from './receipt.ts';
export {
  redeemReceipt,
  type LocateRecords,
  type ProveRecords,
  type RecordPlace,
  type RedeemTools,
  type Redeemed,
} from './redeem-receipt.ts';
export { webCryptoVerifyEd25519 } from './web-crypto.ts';
export * from './verification/ledger-paths.ts';
export { SequenceRanges, sessionKey, type SequenceRange } from './verification/sequence-ranges.ts';
export { TileEdge, partialTileNames, type Tile } from './verification/tile-edge.ts';
export { findLineEnds, linesRootWith, type LinesRoot } from './verification/lines-root.ts';
export {
  ENTRY_HEADER_BYTES,
  journalHeader,
  isUnfinishedJournal,
  scanJournal,
  writeEntryHeader,
  type Crc32,
  type JournalEntry,
  type JournalMeta,
  type LinesCheck,
  type JournalScan,
} from './verification/journal-format.ts';
export { addBatch, batchEntry, continues, journalBlocks, type JournalBlock } from './verification/journal-blocks.ts';
export { stagedManifests } from './verification/staged-manifests.ts';
export { decodeStage, encodeStage, type Stage, type StageWrite } from './verification/stage-format.ts';
export { TreeReader, type ReadTile } from './verification/tree-reader.ts';
export { checkBlock, type BlockCheck, type BlockJob, type BlockTools } from './verification/check-block.ts';
export type { LedgerFiles, StoredFile, VerifyTools } from './verification/ledger-files.ts';
export { verifyLedger, type VerifyOptions, type VerifyProgress } from './verification/verify-ledger.ts';
export { verifyReportText, type ReportContext, type ReportStyle } from './verification/report-text.ts';
export { verifyPack, type PackHead } from './verification/verify-pack.ts';
export { PACK_HEAD_PATH, PACK_POLICY_PATH, PACK_PROOFS_PATH, type PackFiles } from './verification/pack-files.ts';
export type { StreamReport, Silence } from './verification/stream-report.ts';
export type { PrunedSegment } from './verification/pruned-segments.ts';
export type { SigningReport } from './verification/batch-signatures.ts';
export type { HandoverReport } from './verification/key-chain.ts';
export type { TrustedKeys } from './verification/verify-head.ts';
export type { Anchor, TimeStatement, TrustReport } from './verification/verify-trust.ts';
export {
  SECTIONS,
  type Finding,
  type FindingCode,
  type FindingPlace,
  type Section,
  type Verdict,
  type VerifyCounts,
  type VerifyNote,
} from './verification/verify-log.ts';
export type { VerifyReport } from './verification/verify-report.ts';
export { nearest } from './nearest.ts';
