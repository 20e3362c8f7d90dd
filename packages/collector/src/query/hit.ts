import type { AccessRecord } from '@portledger/format';

/** One record of the ledger with its address and what the collector knows besides. */
export type Hit = {
  readonly block: number;
  readonly position: number;
  /** When the collector accepted it: RFC 3339, UTC, microseconds. */
  readonly received: string;
  /** Retention class. */
  readonly class: string;
  readonly record: AccessRecord;
};
