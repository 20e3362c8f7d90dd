import { sha256, webCryptoVerifyEd25519 } from '@portledger/format';
import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { TREE_INTERVAL_MS } from '../limits.ts';
import { useServices } from '../page/services.ts';
import { canVerify } from '../proof/can-verify.ts';
import type { PinState } from './key-pin.ts';
import { followTree, keepTree } from './seen-tree.ts';
import type { SeenTree, TreeState } from './seen-tree.ts';

export type SeenTreeAccess = {
  /** Undefined until it is known, and while the key itself is in doubt. */
  readonly state: TreeState | undefined;
  /** The reader's own decision to measure the log by what it shows now. */
  readonly goOnFrom: (tree: SeenTree) => void;
};

/** Holds what the log shows against what this browser has seen of it, as long as the page is open. */
export function useSeenTree(pin: PinState | undefined): SeenTreeAccess {
  const { client, store } = useServices();
  const vkey = pin?.kind === 'pinned' ? pin.pin.vkey : undefined;
  const { data, refetch } = useQuery({
    queryKey: ['seen-tree', vkey],
    enabled: vkey !== undefined && canVerify(),
    queryFn: ({ signal }) =>
      followTree(
        {
          client,
          store,
          vkey: vkey ?? '',
          hash: sha256,
          verifyEd25519: webCryptoVerifyEd25519,
          now: () => new Date().toISOString(),
        },
        signal,
      ),
    retry: false,
    staleTime: 0,
    refetchInterval: TREE_INTERVAL_MS,
  });
  const goOnFrom = useCallback(
    (tree: SeenTree) => {
      keepTree(store, tree);
      void refetch();
    },
    [store, refetch],
  );
  return { state: vkey === undefined ? undefined : data, goOnFrom };
}
