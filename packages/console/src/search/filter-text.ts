import type { TimeRange } from '../state/time-range.ts';

/** Values made of these characters need no quotes in the filter language. */
const PLAIN_VALUE = /^[\p{L}\p{N}_][\p{L}\p{N}_.@/-]*$/u;
const KEYWORD = /^(?:AND|OR|NOT|TO)$/i;

export function quoteValue(value: string): string {
  if (PLAIN_VALUE.test(value) && !KEYWORD.test(value)) return value;
  return `"${value.replaceAll(/["\\]/g, (sign) => `\\${sign}`)}"`;
}

function clause(field: string, value: string | number): string {
  return `${field}:${quoteValue(String(value))}`;
}

/** Adds `field:value` to a query, or its negation; a clause that stands already is not added twice. */
export function withClause(query: string, field: string, value: string | number, exclude: boolean): string {
  const positive = clause(field, value);
  const wanted = exclude ? `NOT ${positive}` : positive;
  const trimmed = query.trim();
  if (trimmed === '') return wanted;
  const parts = trimmed.split(' AND ');
  if (parts.includes(wanted)) return trimmed;
  const opposite = exclude ? positive : `NOT ${positive}`;
  // Excluding what was asked for, or the reverse, means the reader changed their mind.
  if (parts.includes(opposite)) return parts.map((part) => (part === opposite ? wanted : part)).join(' AND ');
  return `${/\bOR\b/.test(trimmed) ? `(${trimmed})` : trimmed} AND ${wanted}`;
}

/** True when parentheses outside quotes pair up, so that the query can be wrapped without changing what it means. */
export function parenthesesPair(query: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < query.length; at += 1) {
    const sign = query[at];
    if (sign === '\\') at += 1;
    else if (sign === '"') quoted = !quoted;
    else if (!quoted && sign === '(') depth += 1;
    else if (!quoted && sign === ')' && --depth < 0) return false;
  }
  return depth === 0 && !quoted;
}

/**
 * What Portledger records of itself, and nobody need look at who asks about accesses. What tells of trouble is never
 * among it: failed sign-ins, alarms, lost records, a capture that stopped.
 */
const OWN_RECORDS =
  'action:(heartbeat OR log-accessed OR exported) OR (observer_kind:system AND action:(capture-started OR login OR logout OR config-changed OR pruned))';

/** The query without Portledger's own records. One that does not pair up is left as it is, to be refused as it is. */
export function withoutOwnRecords(query: string): ScopedQuery {
  const clause = `NOT (${OWN_RECORDS})`;
  if (query.trim() === '') return { text: clause, offset: 0 };
  return parenthesesPair(query) ? { text: `(${query}) AND ${clause}`, offset: 1 } : { text: query, offset: 0 };
}

/** The query as sent, and how far the person's own text is moved in it, to place a fault's mark. */
export type ScopedQuery = { readonly text: string; readonly offset: number };

/**
 * Joins the typed query with the time range. A moving range is written relative to now, so that asking again is the same
 * question (reading is itself audited). A query that does not pair up is sent as it is, to be refused as it is.
 */
export function scopeQuery(query: string, range: TimeRange): ScopedQuery {
  const time = timeClause(range);
  if (time === undefined) return { text: query, offset: 0 };
  if (query.trim() === '') return { text: time, offset: 0 };
  if (!parenthesesPair(query)) return { text: query, offset: 0 };
  return { text: `(${query}) AND ${time}`, offset: 1 };
}

function timeClause(range: TimeRange): string | undefined {
  switch (range.kind) {
    case 'last':
      return `timestamp:[now-${range.span} TO *]`;
    case 'all':
      return undefined;
    case 'between':
      return `timestamp:["${new Date(range.fromMs).toISOString()}" TO "${new Date(range.toMs).toISOString()}"]`;
    default:
      return range satisfies never;
  }
}

/** Where the fault's mark stands under the typed query. */
export function markPosition(position: number, scoped: ScopedQuery, query: string): number {
  return Math.max(0, Math.min(position - scoped.offset, query.length));
}
