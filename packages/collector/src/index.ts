export { startCollector } from './collector.ts';
export type { Collector } from './collector.ts';
export { LISTEN_HOST, LISTEN_PORT } from './collector-options.ts';
export type { CollectorOptions } from './collector-options.ts';
export { openapiDocument } from './openapi-document.ts';
export { FAULTS } from './http/fault-catalogue.ts';
export type { FaultCode } from './http/fault-catalogue.ts';
export { appendRecords } from './doors/import/append-records.ts';
export type { ImportOptions, ImportProgress } from './doors/import/append-records.ts';
export { makeReceiveClock } from './doors/receive-clock.ts';
export { Quarantine } from './normalise/quarantine.ts';
export type { Refusal } from './normalise/refusal.ts';
export { LedgerError, openLedger } from './ledger/ledger.ts';
export type {
  AppendFault,
  Appended,
  Batch,
  Chunk,
  Cursor,
  Ledger,
  LedgerCounters,
  LedgerFaultCode,
  LedgerHead,
  LedgerOptions,
  RecoveryNotice,
} from './ledger/ledger.ts';
export { locateRecords } from './ledger/locate-records.ts';
export { checkTimestamp } from './anchors/timestamp-check.ts';
export type { TimestampFacts } from './anchors/timestamp-check.ts';
export type { TimestampFault } from './anchors/timestamp-fault.ts';
export { PublishedLog, readPublishedLog } from './ledger/published-log.ts';
export type { ProofAddress, PublishedHead, SetRefusal } from './ledger/published-log.ts';
export { verifyFolder, verifyLedgerFolder, verifyPackFile, verifyServed } from './ledger/verify-folder.ts';
export type { VerifyFolderOptions } from './ledger/verify-folder.ts';
export { openIndex, rebuildIndex } from './followers/index/open-index.ts';
export type { RecordIndex, IndexStatus, SearchPage, TopList, Histogram } from './followers/index/record-index.ts';
export { parseQuery } from './query/parse-query.ts';
export type { Query, QueryFault } from './query/query.ts';
export type { Hit } from './query/hit.ts';
