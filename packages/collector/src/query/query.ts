import type { Glob } from './glob.ts';
import type { IntegerFieldName, IpFieldName, SearchFieldName, TextFieldName, TimeFieldName } from './search-field.ts';

/** A text that can be looked at: a field of the record or one of its labels. */
export type TextTarget =
  | { readonly kind: 'field'; readonly name: TextFieldName }
  | { readonly kind: 'label'; readonly name: string };

export type TextBound = { readonly value: string; readonly inclusive: boolean };

/**
 * A filter, resolved: names are known fields, values have their field's type, `now` is a fixed time. It is plain data
 * (structured clone keeps it), and `formatQuery` prints it so that parsing the print gives the same query.
 */
export type Query =
  | { readonly kind: 'all' }
  | { readonly kind: 'and'; readonly operands: readonly Query[] }
  | { readonly kind: 'or'; readonly operands: readonly Query[] }
  | { readonly kind: 'not'; readonly operand: Query }
  | Term;

/** One test of a record. Ranges of integers, times (epoch microseconds) and addresses are closed at both ends. */
export type Term =
  | { readonly kind: 'field-exists'; readonly name: SearchFieldName }
  | { readonly kind: 'label-exists'; readonly name: string }
  | { readonly kind: 'text-equals'; readonly target: TextTarget; readonly value: string }
  | { readonly kind: 'text-glob'; readonly target: TextTarget; readonly glob: Glob }
  | { readonly kind: 'text-range'; readonly target: TextTarget; readonly low?: TextBound; readonly high?: TextBound }
  | { readonly kind: 'integer-range'; readonly name: IntegerFieldName; readonly low?: number; readonly high?: number }
  | { readonly kind: 'time-range'; readonly name: TimeFieldName; readonly low?: number; readonly high?: number }
  /** `low` and `high` are the address's bytes as lower-case hex: 8 digits for IPv4, 32 for IPv6, both of one family. */
  | { readonly kind: 'ip-range'; readonly name: IpFieldName; readonly low: string; readonly high: string }
  /** Found inside any of the main text fields, whatever the case. */
  | { readonly kind: 'words'; readonly glob: Glob };

export type QueryFaultCode = 'syntax' | 'unknown-field' | 'bad-value' | 'too-long' | 'too-deep' | 'too-many-terms';

/** Why a filter can't be understood. `position` counts UTF-16 code units from the start of the text. */
export type QueryFault = {
  readonly code: QueryFaultCode;
  readonly position: number;
  readonly message: string;
  readonly hint?: string;
};

/** Joins with AND: flattens nested ANDs, so that one meaning has one shape. */
export function allOf(operands: readonly Query[]): Query {
  return joined('and', operands);
}

/** Joins with OR, flattened likewise. */
export function anyOf(operands: readonly Query[]): Query {
  return joined('or', operands);
}

function joined(kind: 'and' | 'or', operands: readonly Query[]): Query {
  const flat = operands.flatMap((operand) => (operand.kind === kind ? operand.operands : [operand]));
  const only = flat.length === 1 ? flat[0] : undefined;
  return only ?? { kind, operands: flat };
}

/** The query that nothing matches: an empty range. */
export const NOTHING: Query = { kind: 'not', operand: { kind: 'all' } };
