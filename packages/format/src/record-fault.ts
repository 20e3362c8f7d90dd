/** Every reason for which a record is refused. */
export const RECORD_FAULT_CODES = [
  'not-json',
  'not-an-object',
  'not-canonical',
  'line-too-long',
  'unsupported-version',
  'missing-field',
  'unknown-field',
  'wrong-type',
  'out-of-range',
  'empty-string',
  'too-long',
  'broken-unicode',
  'forbidden-character',
  'unknown-value',
  'malformed-timestamp',
  'malformed-address',
  'too-many-labels',
  'too-deep',
  'incomplete-stream',
] as const;

export type RecordFaultCode = (typeof RECORD_FAULT_CODES)[number];

/** Why a record was refused. `message` names the field, what was found and the remedy. */
export type RecordFault = { readonly code: RecordFaultCode; readonly field?: string; readonly message: string };
