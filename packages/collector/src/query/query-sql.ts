import { likePattern, normalisedGlob, plainText, regexPattern, wildcardCount, type Glob } from './glob.ts';
import type { Query, Term, TextTarget } from './query.ts';
import { WORD_FIELDS, type SearchFieldName } from './search-field.ts';

/** A value bound to a `?`; nothing that a user wrote ever stands in the SQL itself. */
export type SqlParameter =
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'integer'; readonly value: number }
  /** 0 to 65,535, for a column of 16 bits: compared at its own width, row groups can be left out by their statistics. */
  | { readonly type: 'port'; readonly value: number }
  /** Epoch microseconds, for a TIMESTAMP column. */
  | { readonly type: 'timestamp'; readonly micros: number }
  | { readonly type: 'bytes'; readonly hex: string };

export type SqlCondition = { readonly sql: string; readonly params: readonly SqlParameter[] };

/**
 * The query as a condition over the index's columns (one for each search field, under its name; addresses as their 4 or
 * 16 bytes, labels as JSON text). It may be NULL where it is not true, as a WHERE clause takes it.
 */
export function toSql(query: Query): SqlCondition {
  const params: SqlParameter[] = [];
  return { sql: condition(query, params), params };
}

function condition(query: Query, params: SqlParameter[]): string {
  if (query.kind === 'all') return 'TRUE';
  if (query.kind === 'and' || query.kind === 'or') {
    const word = query.kind === 'and' ? ' AND ' : ' OR ';
    return `(${query.operands.map((operand) => condition(operand, params)).join(word)})`;
  }
  // A test of an absent field is NULL, and a record without the field must be found by NOT: so not `NOT (…)`.
  if (query.kind === 'not') return `((${condition(query.operand, params)}) IS NOT TRUE)`;
  return termCondition(query, params);
}

function termCondition(term: Term, params: SqlParameter[]): string {
  switch (term.kind) {
    case 'field-exists':
      return `${column(term.name)} IS NOT NULL`;
    case 'label-exists':
      return `${targetExpression({ kind: 'label', name: term.name }, params)} IS NOT NULL`;
    case 'text-equals':
      return comparison(targetExpression(term.target, params), '=', { type: 'text', value: term.value }, params);
    case 'text-glob':
      return globCondition(targetExpression(term.target, params), term.glob, params);
    case 'text-range':
      return bounds([
        () =>
          term.low &&
          comparison(
            targetExpression(term.target, params),
            term.low.inclusive ? '>=' : '>',
            { type: 'text', value: term.low.value },
            params,
          ),
        () =>
          term.high &&
          comparison(
            targetExpression(term.target, params),
            term.high.inclusive ? '<=' : '<',
            { type: 'text', value: term.high.value },
            params,
          ),
      ]);
    case 'integer-range':
    case 'time-range':
      return numberCondition(term, params);
    case 'ip-range': {
      const name = column(term.name);
      if (term.low === term.high) return comparison(name, '=', { type: 'bytes', hex: term.low }, params);
      params.push({ type: 'bytes', hex: term.low }, { type: 'bytes', hex: term.high });
      // Byte order puts IPv6 addresses among IPv4's, so the length tells the families apart.
      return `(${name} BETWEEN ? AND ? AND octet_length(${name}) = ${term.low.length / 2})`;
    }
    case 'words': {
      const inside = normalisedGlob(['many', ...term.glob, 'many']);
      return `(${WORD_FIELDS.map((name) => wordCondition(`lower(${column(name)})`, term.glob, inside, params)).join(' OR ')})`;
    }
    default:
      return term satisfies never;
  }
}

function numberCondition(
  term: Extract<Term, { kind: 'integer-range' | 'time-range' }>,
  params: SqlParameter[],
): string {
  const name = column(term.name);
  const value = (number: number): SqlParameter => {
    if (term.kind === 'time-range') return { type: 'timestamp', micros: number };
    return { type: term.name === 'src_port' || term.name === 'dest_port' ? 'port' : 'integer', value: number };
  };
  if (term.low !== undefined && term.low === term.high) return comparison(name, '=', value(term.low), params);
  return bounds([
    () => (term.low === undefined ? undefined : comparison(name, '>=', value(term.low), params)),
    () => (term.high === undefined ? undefined : comparison(name, '<=', value(term.high), params)),
  ]);
}

/** Joins the sides that are there; each is made only when its turn comes, so that parameters keep their order. */
function bounds(sides: readonly (() => string | undefined)[]): string {
  return `(${sides.flatMap((side) => side() ?? []).join(' AND ')})`;
}

function comparison(left: string, operator: string, right: SqlParameter, params: SqlParameter[]): string {
  params.push(right);
  return `${left} ${operator} ?`;
}

function wordCondition(text: string, word: Glob, inside: Glob, params: SqlParameter[]): string {
  const plain = plainText(word);
  if (plain === undefined) return globCondition(text, inside, params);
  params.push({ type: 'text', value: plain });
  return `contains(${text}, ?)`;
}

/** LIKE goes back over the text for every `%`; with more than two the linear-time regular expression is used instead. */
function globCondition(text: string, glob: Glob, params: SqlParameter[]): string {
  if (wildcardCount(glob) <= 2) {
    params.push({ type: 'text', value: likePattern(glob) });
    return String.raw`${text} LIKE ? ESCAPE '\'`;
  }
  params.push({ type: 'text', value: regexPattern(glob) });
  return `regexp_full_match(${text}, ?, 's')`;
}

function targetExpression(target: TextTarget, params: SqlParameter[]): string {
  if (target.kind === 'field') return column(target.name);
  // RFC 6901: `~` and `/` are the only characters with a meaning of their own in a pointer.
  const pointer = `/${target.name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  params.push({ type: 'text', value: pointer });
  return `json_extract_string(${column('labels')}, ?)`;
}

/** Names come from the field table only, never from what was written. */
export function column(name: SearchFieldName): string {
  return `"${name}"`;
}
