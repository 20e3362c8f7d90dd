import type { Query } from './query.ts';
import type { TimeFieldName } from './search-field.ts';

/** Closed bounds in epoch microseconds; infinite where the query sets none. */
export type TimeBounds = { readonly low: number; readonly high: number };

const UNBOUNDED: TimeBounds = { low: -Infinity, high: Infinity };

/** Bounds that every record the query matches lies in: files outside them need not be opened. Wider than need be, never narrower. */
export function timeBounds(query: Query, name: TimeFieldName = 'timestamp'): TimeBounds {
  if (query.kind === 'time-range' && query.name === name) {
    return { low: query.low ?? -Infinity, high: query.high ?? Infinity };
  }
  if (query.kind === 'and') {
    return query.operands
      .map((operand) => timeBounds(operand, name))
      .reduce((a, b) => ({ low: Math.max(a.low, b.low), high: Math.min(a.high, b.high) }), UNBOUNDED);
  }
  if (query.kind === 'or') {
    return query.operands
      .map((operand) => timeBounds(operand, name))
      .reduce((a, b) => ({ low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) }));
  }
  return UNBOUNDED;
}
