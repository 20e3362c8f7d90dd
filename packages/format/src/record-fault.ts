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

/** Characters of a value that a message shows at most. */
const SHOWN_MAX = 60;

/** A value as a message shows it: JSON, shortened. */
export function shown(value: unknown): string {
  const text =
    typeof value === 'object' && value !== null
      ? Array.isArray(value)
        ? 'a list'
        : 'an object'
      : JSON.stringify(value);
  return text === undefined ? typeof value : text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

/** A fault of a field, or of the whole record where there is none. The message goes on after the field's name. */
export function recordFault(code: RecordFaultCode, field: string | undefined, message: string): RecordFault {
  return field === undefined ? { code, message } : { code, field, message: `${field} ${message}` };
}
