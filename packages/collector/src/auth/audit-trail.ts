import type { Principal } from './principal.ts';

/** What a principal read: which kind of question, and the question itself. */
export type Reading = {
  readonly kind: 'search' | 'top' | 'histogram' | 'completeness' | 'record' | 'proof' | 'tail' | 'ledger';
  readonly query: string;
  /** The field whose values were counted, of kind `top`. */
  readonly field?: string;
};

/** What was taken out of the ledger for others: chosen records by a query, or the whole of what was published. */
export type Export = { readonly what: 'records' | 'ledger'; readonly query: string; readonly count: number };

/** Where the collector's own acts go: the system observer's stream in the same ledger. */
export interface AuditTrail {
  read(principal: Principal, reading: Reading): void;
  exported(principal: Principal, taken: Export): void;
  signedIn(principal: Principal, address: string): void;
  signedOut(principal: Principal, address: string): void;
  signInFailed(address: string, reason: string): void;
  /** `what` names the thing changed, `labels` say how. */
  configChanged(by: string, what: string, labels: Readonly<Record<string, string>>): void;
}
