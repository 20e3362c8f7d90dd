import { sha256, webCryptoVerifyEd25519 } from '@portledger/format';
import { useQuery } from '@tanstack/react-query';
import { ApiError, faultOf } from '../api/api-fault.ts';
import type { ApiFault } from '../api/api-fault.ts';
import type { RecordDetail } from '../api/hit.ts';
import { addressKey } from '../api/hit.ts';
import { readObject, readText } from '../api/json-reader.ts';
import { useServices } from '../page/services.ts';
import type { PinState } from '../state/key-pin.ts';
import { PROOF_RETRY_INTERVAL_MS } from '../limits.ts';
import { canVerify } from './can-verify.ts';
import { checkProof } from './proof-report.ts';
import type { ProofReport } from './proof-report.ts';
import { readServedProof } from './served-proof.ts';

export type ProofState =
  | { readonly kind: 'checking' }
  /** The block is still open; asked again until it is sealed. */
  | { readonly kind: 'not-sealed' }
  | { readonly kind: 'checked'; readonly report: ProofReport }
  /** Nothing was proved, and nothing was disproved. */
  | { readonly kind: 'unavailable'; readonly fault: ApiFault };

/** Fetches the proof and checks it here, in the browser. */
export function useProof(detail: RecordDetail, pin: PinState | undefined): ProofState {
  const { client } = useServices();
  const pinned = pin?.pin.vkey;
  const answer = useQuery({
    queryKey: ['proof', addressKey(detail), detail.line, pinned],
    // Before its block is sealed a record has no proof: asking would only be refused.
    enabled: pinned !== undefined && detail.sealed,
    queryFn: async ({ signal }): Promise<ProofReport> => {
      const served = await client.getJson(`/v1/records/${detail.block}/${detail.position}/proof`, signal);
      const offered = readText(readObject(served, 'proof'), 'vkey').trim();
      const keys = { pinned: pinned ?? offered, offered };
      if (!canVerify()) throw new ApiError(CANNOT_VERIFY);
      return checkProof(detail, readServedProof(served), keys, { hash: sha256, verifyEd25519: webCryptoVerifyEd25519 });
    },
    // A collector that was put back may not have sealed again what it had: asked for again without end.
    retry: (failures, error) => isNotSealed(error) || (faultOf(error).kind === 'offline' && failures < 3),
    retryDelay: PROOF_RETRY_INTERVAL_MS,
    staleTime: Infinity,
  });
  if (!detail.sealed) return { kind: 'not-sealed' };
  if (answer.data !== undefined) return { kind: 'checked', report: answer.data };
  if (answer.error !== null) return { kind: 'unavailable', fault: faultOf(answer.error) };
  return isNotSealed(answer.failureReason) ? { kind: 'not-sealed' } : { kind: 'checking' };
}

function isNotSealed(error: unknown): boolean {
  return error instanceof ApiError && error.fault.code === 'not-sealed';
}

const CANNOT_VERIFY: ApiFault = {
  kind: 'refused',
  status: 0,
  code: 'no-web-crypto',
  message: 'This browser can check signatures only over HTTPS or on a loopback address.',
  remedy: 'Open the console through HTTPS or an SSH tunnel, or run `portledger verify`.',
};
