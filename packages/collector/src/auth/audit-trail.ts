import type { Principal } from './principal.ts';

/** What a principal read: which kind of question, and the question itself. */
export type Reading = {
  readonly kind: 'search' | 'top' | 'histogram' | 'record' | 'proof' | 'tail' | 'ledger';
  readonly query: string;
};

/** Where the collector's own acts go: the system observer's stream in the same ledger. */
export interface AuditTrail {
  read(principal: Principal, reading: Reading): void;
  signedIn(principal: Principal, address: string): void;
  signedOut(principal: Principal, address: string): void;
  signInFailed(address: string, reason: string): void;
  /** `what` names the thing changed, `labels` say how. */
  configChanged(by: string, what: string, labels: Readonly<Record<string, string>>): void;
}
