import type { DuckDBConnection } from '@duckdb/node-api';
import { ACTIONS, TIMESTAMP_MICROS_END, timestampFromMicros, type Result } from '@portledger/format';
import { column, toSql, type SqlCondition, type SqlParameter } from '../../query/query-sql.ts';
import type { Query } from '../../query/query.ts';
import { SEARCH_FIELD_BY_NAME } from '../../query/search-field.ts';
import { timeBounds } from '../../query/time-bounds.ts';
import { readRows } from './database.ts';
import { displayText, microsOf } from './hit-rows.ts';
import { niceIntervalMs } from './intervals.ts';
import { HISTOGRAM_BUCKETS } from './limits.ts';
import type { Histogram, HistogramBucket, HistogramRequest, SearchFault, TopList } from './record-index.ts';
import { fromSources, type RecordSource } from './source-set.ts';

export async function countRecords(
  connection: DuckDBConnection,
  sources: readonly RecordSource[],
  query: Query,
): Promise<number> {
  if (sources.length === 0) return 0;
  const where = toSql(query);
  const sql = `SELECT count(*) FROM ${fromSources(sources)} WHERE ${where.sql}`;
  const [row] = await readRows(connection, { sql, params: where.params });
  return Number(row?.[0]);
}

/** The expression that a top list groups by; a fault for a name that is no field. */
export function groupExpression(field: string): Result<SqlCondition, SearchFault> {
  if (field.startsWith('labels.') && field.length > 'labels.'.length) {
    const pointer = `/${field.slice('labels.'.length).replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return { ok: true, value: { sql: 'json_extract_string("labels", ?)', params: [{ type: 'text', value: pointer }] } };
  }
  const known = SEARCH_FIELD_BY_NAME.get(field);
  if (known === undefined || known.kind === 'labels') {
    return { ok: false, fault: { code: 'bad-field', message: `There is no field “${field}” to count by` } };
  }
  return { ok: true, value: { sql: column(known.name), params: [] } };
}

export async function topValues(
  connection: DuckDBConnection,
  sources: readonly RecordSource[],
  query: Query,
  group: SqlCondition,
  limit: number,
): Promise<TopList> {
  if (sources.length === 0) return { buckets: [], other: 0, total: 0, missing: 0 };
  const where = toSql(query);
  const sql = `WITH groups AS MATERIALIZED (SELECT ${group.sql} AS value, count(*) AS n FROM ${fromSources(sources)} WHERE ${where.sql} GROUP BY 1)
    SELECT * FROM (SELECT value, n, TRUE FROM groups WHERE value IS NOT NULL ORDER BY n DESC, value LIMIT ${limit})
    UNION ALL SELECT NULL, coalesce(sum(n), 0)::BIGINT, TRUE FROM groups WHERE value IS NOT NULL
    UNION ALL SELECT NULL, coalesce(sum(n), 0)::BIGINT, FALSE FROM groups WHERE value IS NULL`;
  const rows = await readRows(connection, { sql, params: [...group.params, ...where.params] });
  const buckets: { value: string; count: number }[] = [];
  let total = 0;
  let missing = 0;
  for (const [value = null, count, present] of rows) {
    if (value !== null) buckets.push({ value: displayText(value), count: Number(count) });
    else if (present === true) total = Number(count);
    else missing = Number(count);
  }
  buckets.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  return { buckets, other: total - buckets.reduce((sum, { count }) => sum + count, 0), total, missing };
}

export async function histogramOf(
  connection: DuckDBConnection,
  sources: readonly RecordSource[],
  request: HistogramRequest,
): Promise<Histogram> {
  const { query, buckets = HISTOGRAM_BUCKETS } = request;
  const range = await rangeOf(connection, sources, request);
  if (range === undefined) return { intervalMs: 1000, buckets: [], total: 0 };
  const intervalMs = niceIntervalMs((range.high - range.low) / 1000, buckets);
  const interval = intervalMs * 1000;
  const rows = sources.length === 0 ? [] : await countByBucket(connection, sources, query, interval, range);
  const counts = new Map<number, Map<string, number>>();
  for (const [bucket, action, count] of rows) {
    const number = Number(bucket);
    const byAction = counts.get(number) ?? new Map<string, number>();
    counts.set(number, byAction.set(String(action), Number(count)));
  }
  const filled: HistogramBucket[] = [];
  for (let number = Math.floor(range.low / interval); number <= Math.floor(range.high / interval); number += 1) {
    const byAction = counts.get(number) ?? new Map<string, number>();
    const ordered = ACTIONS.flatMap((action) =>
      byAction.has(action) ? [[action, byAction.get(action) ?? 0] as const] : [],
    );
    filled.push({
      start: timestampFromMicros(number * interval),
      count: ordered.reduce((sum, [, n]) => sum + n, 0),
      byAction: Object.fromEntries(ordered),
    });
  }
  return { intervalMs, buckets: filled, total: filled.reduce((sum, { count }) => sum + count, 0) };
}

/** Bucket number, action and count, for what the query finds in a range. There must be a source. */
async function countByBucket(
  connection: DuckDBConnection,
  sources: readonly RecordSource[],
  query: Query,
  interval: number,
  range: { readonly low: number; readonly high: number },
): Promise<Awaited<ReturnType<typeof readRows>>> {
  const where = toSql(query);
  const params: SqlParameter[] = [
    { type: 'integer', value: interval },
    ...where.params,
    { type: 'timestamp', micros: range.low },
    { type: 'timestamp', micros: range.high },
  ];
  const sql = `SELECT epoch_us("timestamp") // ? AS bucket, "action", count(*) FROM ${fromSources(sources)} WHERE ${where.sql} AND "timestamp" BETWEEN ? AND ? GROUP BY ALL`;
  return readRows(connection, { sql, params });
}

/** What the request asks for, else the query's own bounds, else the times of what it finds; undefined if it finds nothing. */
async function rangeOf(
  connection: DuckDBConnection,
  sources: readonly RecordSource[],
  { query, fromMicros, toMicros }: HistogramRequest,
): Promise<{ low: number; high: number } | undefined> {
  const own = timeBounds(query);
  const low = fromMicros ?? (Number.isFinite(own.low) ? own.low : undefined);
  const high = toMicros ?? (Number.isFinite(own.high) ? own.high : undefined);
  if (low !== undefined && high !== undefined) return tellable(low, high);
  if (sources.length === 0) return undefined;
  const where = toSql(query);
  const sql = `SELECT min("timestamp"), max("timestamp") FROM ${fromSources(sources)} WHERE ${where.sql}`;
  const [row] = await readRows(connection, { sql, params: where.params });
  if (row?.[0] === null || row === undefined) return undefined;
  return tellable(low ?? microsOf(row[0]), high ?? microsOf(row[1]));
}

/** The part of a range in which records can lie; undefined where there is none. A question may ask for any year. */
function tellable(low: number, high: number): { low: number; high: number } | undefined {
  const range = { low: Math.max(low, 0), high: Math.min(high, TIMESTAMP_MICROS_END - 1) };
  return range.low > range.high ? undefined : range;
}
