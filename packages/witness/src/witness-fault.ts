/** What a client can expect to go wrong with a witness, each in need of another remedy. */
export type WitnessFaultCode =
  | 'bad-address'
  | 'unreachable'
  | 'timed-out'
  | 'abandoned'
  | 'unavailable'
  | 'unknown-log'
  | 'not-trusted'
  | 'bad-request'
  | 'bad-proof'
  | 'conflict'
  /** The witness has cosigned a larger tree of this log: the ledger was set back, or runs twice. */
  | 'ahead'
  /** The witness has cosigned another tree of the same size: the log has forked. */
  | 'forked'
  | 'bad-answer'
  | 'bad-cosignature';

/** `status` is the witness's HTTP status where there was one, `witnessSize` the tree size that it says it has. */
export type WitnessFault = {
  readonly code: WitnessFaultCode;
  readonly message: string;
  readonly status?: number;
  readonly witnessSize?: number;
};

export function witnessFault(code: WitnessFaultCode, message: string, status?: number): WitnessFault {
  return { code, message: `the witness gave no cosignature: ${message}`, ...(status === undefined ? {} : { status }) };
}
