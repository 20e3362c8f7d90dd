/** Small values kept in this browser. Storage may be switched off or full: then nothing is kept, and nothing breaks. */
export type Store = {
  readonly get: (key: string) => string | undefined;
  readonly set: (key: string, value: string) => void;
};

export const browserStore: Store = {
  get: (key) => {
    try {
      return localStorage.getItem(`portledger.${key}`) ?? undefined;
    } catch {
      return undefined;
    }
  },
  set: (key, value) => {
    try {
      localStorage.setItem(`portledger.${key}`, value);
    } catch {
      // Nothing to do: the value lives on in the page's own state.
    }
  },
};
