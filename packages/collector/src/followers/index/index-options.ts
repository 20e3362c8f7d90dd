import type { LedgerSource } from '../ledger-source.ts';

export type IndexOptions = {
  /** Folder of the index alone; everything in it may be removed. */
  readonly dir: string;
  readonly ledger: LedgerSource;
  /** DuckDB's memory in bytes; 1 GiB unless told. */
  readonly memoryBytesMax?: number;
  readonly threads?: number;
  /** Longest a query may take, in milliseconds; 30 s unless told. */
  readonly queryTimeoutMs?: number;
  /** Records kept in memory before they become a file. */
  readonly hotRecordsMax?: number;
  /** Longest that records are kept in memory only, in milliseconds. */
  readonly hotAgeMaxMs?: number;
};
