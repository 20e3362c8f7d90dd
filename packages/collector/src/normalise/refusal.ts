import type { RecordFault } from '@portledger/format';

/** Why one record was refused, beyond what the record's own reader says. */
type IntakeFaultCode = 'observer-mismatch' | 'observer-kind-reserved' | 'session-reserved' | 'repeated-name';

/** One refused record: its line from 1 (in an array: its place from 1), the field where one is to blame, and the reason. */
export type Refusal = {
  readonly line: number;
  readonly field?: string;
  readonly code: RecordFault['code'] | IntakeFaultCode;
  readonly reason: string;
};

/** A refusal with the refused bytes, as the quarantine keeps it. `raw` may be cut; `rawBytes` is the whole length. */
export type QuarantinedLine = { readonly refusal: Refusal; readonly raw: string; readonly rawBytes: number };
