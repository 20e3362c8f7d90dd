/** Who a body of records comes from, as the doors and the import know it. */
export type Sender = {
  /** Unique among senders: the principal's name. */
  readonly name: string;
  /** The observer whose name it bears: what it may write as, and what its unnumbered records are given. */
  readonly observer: string;
  /** Whether it may write records of other observers too (admin, import in process). */
  readonly isAnyObserverAllowed: boolean;
};
