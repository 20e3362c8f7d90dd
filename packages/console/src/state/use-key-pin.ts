import { useCallback, useState } from 'react';
import { useServices } from '../page/services.ts';
import type { PinState } from './key-pin.ts';
import { checkPin, replacePin } from './key-pin.ts';

export type KeyPinAccess = {
  /** Undefined until the collector has told its key. */
  readonly state: PinState | undefined;
  readonly trustOffered: () => void;
};

const now = (): string => new Date().toISOString();

/** Compares each key the collector offers with the one pinned in this browser. */
export function useKeyPin(offered: string | undefined): KeyPinAccess {
  const { store } = useServices();
  const [state, setState] = useState<PinState>();
  const [checked, setChecked] = useState<string>();
  if (offered !== undefined && checked !== offered) {
    setChecked(offered);
    setState(checkPin(store, offered, now));
  }
  const trustOffered = useCallback(() => {
    if (offered !== undefined) setState({ kind: 'pinned', pin: replacePin(store, offered, now()) });
  }, [store, offered]);
  return { state, trustOffered };
}
