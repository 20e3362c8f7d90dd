export type WitnessErrorCode =
  | 'bad-options'
  | 'folder-locked'
  | 'key-unusable'
  | 'key-mismatch'
  | 'state-unusable'
  | 'state-not-written';

/** What keeps a witness from starting, or from cosigning. `message` says what to do. */
export class WitnessError extends Error {
  readonly code: WitnessErrorCode;

  constructor(code: WitnessErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'WitnessError';
    this.code = code;
  }
}
