import type { DiskFaultCode } from './ledger-disk.ts';
import type { LedgerFaultCode } from './ledger-shapes.ts';
import type { Published, RoundJob, SealedState } from './sealing-port.ts';

/** What the sealing thread is started with. */
export type SealingWorkerData = {
  readonly dir: string;
  readonly origin: string | undefined;
  readonly signedLog: string | undefined;
};

export type SealingRequest =
  | { readonly kind: 'recover'; readonly nowMicros: number }
  | { readonly kind: 'seal'; readonly round: RoundJob }
  | { readonly kind: 'rotate-key' }
  | { readonly kind: 'close' };

/** One reply a request, in order. */
export type SealingReply =
  | { readonly kind: 'recovered'; readonly state: SealedState }
  | { readonly kind: 'sealed'; readonly published: Published }
  | { readonly kind: 'rotated'; readonly vkey: string; readonly checkpoint: string }
  | { readonly kind: 'closed' }
  | { readonly kind: 'refused'; readonly code: LedgerFaultCode; readonly message: string }
  | { readonly kind: 'failed'; readonly code: DiskFaultCode; readonly message: string };
