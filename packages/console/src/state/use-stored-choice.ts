import { useCallback, useState } from 'react';
import { useServices } from '../page/services.ts';

/** One of a few values, kept in this browser. */
export function useStoredChoice<T extends string>(
  key: string,
  choices: readonly T[],
  initial: T,
): readonly [T, (choice: T) => void] {
  const { store } = useServices();
  const [choice, setChoice] = useState<T>(() => choices.find((one) => one === store.get(key)) ?? initial);
  const choose = useCallback(
    (next: T) => {
      store.set(key, next);
      setChoice(next);
    },
    [store, key],
  );
  return [choice, choose];
}
