/** Why a time stamp could not be had, or proves nothing. */
export type TimestampFault = {
  readonly code:
    | 'bad-address'
    | 'unreachable'
    | 'timed-out'
    | 'refused'
    | 'malformed'
    | 'unsupported'
    | 'wrong-content'
    | 'wrong-nonce'
    | 'bad-signature'
    | 'not-trusted';
  readonly message: string;
};
