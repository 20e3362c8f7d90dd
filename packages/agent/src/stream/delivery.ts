/** One record that the collector will not take. `line` counts from 1 within the batch. */
export type Refusal = {
  readonly line: number;
  readonly field?: string;
  readonly code: string;
  readonly reason: string;
};

/** Turned away whatever is sent, until a person acts or the agent mends it. `code` is the collector's. */
export type TurnedAway = {
  readonly kind: 'turned-away';
  readonly status: number;
  readonly message: string;
  readonly code?: string;
};

/** What became of a batch. */
export type Delivery =
  | {
      readonly kind: 'delivered';
      readonly accepted: number;
      readonly duplicates: number;
      readonly refusals: readonly Refusal[];
      readonly refusedTotal: number;
      /** When the collector received it, by its clock. */
      readonly receivedMicros?: number;
      /** The log's checkpoint, a signed note; told to those who sign. */
      readonly checkpoint?: string;
    }
  /** Not now: no connection, push-back, a fault on the other side. */
  | { readonly kind: 'later'; readonly message: string; readonly afterMs?: number; readonly atOnce?: true }
  /** The body as a whole was not understood or too large: smaller parts may pass. */
  | { readonly kind: 'too-much'; readonly message: string }
  /** Turned away whatever is sent: a wrong token, not a collector. A person must act. */
  | TurnedAway;

export type Reply = {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
};
