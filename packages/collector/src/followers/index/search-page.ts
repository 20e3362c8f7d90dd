import type { DuckDBConnection } from '@duckdb/node-api';
import { microsFromTimestamp } from '@portledger/format';
import type { Hit } from '../../query/hit.ts';
import { toSql, type SqlParameter } from '../../query/query-sql.ts';
import type { Query } from '../../query/query.ts';
import { readRows } from './database.ts';
import { HIT_COLUMNS, hitOf, sortKeyOf } from './hit-rows.ts';
import type { SortKey, SortOrder } from './page-cursor.ts';
import { fromSources, type RecordSource } from './source-set.ts';

export type PageRequest = {
  readonly query: Query;
  readonly order: SortOrder;
  readonly limit: number;
  /** The last hit of the page before. */
  readonly after: SortKey | undefined;
};

/** Sources opened in the first step; each further step opens twice as many. */
const FIRST_STEP_SOURCES = 4;

/**
 * One page in the order of (timestamp, block, position). Sources are opened from the near end of time on, a few at
 * first, and no more once what is left can't hold anything that belongs before the page's last hit.
 *
 * @returns the hits, and whether more follow
 */
export async function readPage(
  connection: DuckDBConnection,
  sources: readonly RecordSource[],
  request: PageRequest,
): Promise<{ readonly hits: readonly Hit[]; readonly more: boolean }> {
  const newestFirst = request.order === 'desc';
  const left = sources
    .filter((source) => mayHold(source, request))
    .toSorted((a, b) => (newestFirst ? b.highMicros - a.highMicros : a.lowMicros - b.lowMicros));
  const wanted = request.limit + 1;
  let found: { key: SortKey; source: RecordSource[] }[] = [];
  for (let step = FIRST_STEP_SOURCES; left.length > 0; step *= 2) {
    const opened = left.splice(0, step);
    const keys = await readKeys(connection, opened, request, wanted);
    found = [...found, ...keys.map((key) => ({ key, source: opened }))]
      .toSorted((a, b) => (newestFirst ? -1 : 1) * compareKeys(a.key, b.key))
      .slice(0, wanted);
    const last = found.length < wanted ? undefined : found.at(-1);
    const next = left[0];
    if (last === undefined || next === undefined) continue;
    if (newestFirst ? next.highMicros < last.key.micros : next.lowMicros > last.key.micros) break;
  }
  const page = found.slice(0, request.limit);
  const hits = await readHits(connection, page, request.order);
  return { hits, more: found.length > page.length };
}

function mayHold(source: RecordSource, { order, after }: PageRequest): boolean {
  if (after === undefined) return true;
  return order === 'desc' ? source.lowMicros <= after.micros : source.highMicros >= after.micros;
}

function compareKeys(a: SortKey, b: SortKey): number {
  return a.micros - b.micros || a.block - b.block || a.position - b.position;
}

/** Only the columns that the filter and the order need are read here; the rest is read for the hits of the page alone. */
async function readKeys(
  connection: DuckDBConnection,
  sources: readonly RecordSource[],
  { query, order, after }: PageRequest,
  limit: number,
): Promise<SortKey[]> {
  const where = toSql(query);
  const params: SqlParameter[] = [...where.params];
  let condition = where.sql;
  if (after !== undefined) {
    const [beyond, upTo] = order === 'desc' ? ['<', '<='] : ['>', '>='];
    // The first test alone bounds the times, so that row groups can be left out by their statistics.
    condition += ` AND "timestamp" ${upTo} ? AND ("timestamp" ${beyond} ? OR "block" ${beyond} ? OR ("block" = ? AND "position" ${beyond} ?))`;
    const time: SqlParameter = { type: 'timestamp', micros: after.micros };
    const block: SqlParameter = { type: 'integer', value: after.block };
    params.push(time, time, block, block, { type: 'integer', value: after.position });
  }
  const direction = order === 'desc' ? 'DESC' : 'ASC';
  const sql = `SELECT "timestamp", "block", "position" FROM ${fromSources(sources)} WHERE ${condition} ORDER BY "timestamp" ${direction}, "block" ${direction}, "position" ${direction} LIMIT ${limit}`;
  return (await readRows(connection, { sql, params })).map(sortKeyOf);
}

async function readHits(
  connection: DuckDBConnection,
  page: readonly { readonly key: SortKey; readonly source: readonly RecordSource[] }[],
  order: SortOrder,
): Promise<Hit[]> {
  const first = page[0];
  const last = page.at(-1);
  if (first === undefined || last === undefined) return [];
  const low = Math.min(first.key.micros, last.key.micros);
  const high = Math.max(first.key.micros, last.key.micros);
  // A table goes on growing after the lease told its times, so only files are left out by theirs.
  const sources = [...new Set(page.flatMap(({ source }) => source))].filter(
    (source) => source.kind === 'table' || (source.lowMicros <= high && source.highMicros >= low),
  );
  const params: SqlParameter[] = [
    { type: 'timestamp', micros: low },
    { type: 'timestamp', micros: high },
  ];
  const addresses = page.map(({ key }) => `(${key.block}, ${key.position})`).join(', ');
  const sql = `SELECT ${HIT_COLUMNS} FROM ${fromSources(sources)} WHERE "timestamp" BETWEEN ? AND ? AND ("block", "position") IN (VALUES ${addresses})`;
  const hits = (await readRows(connection, { sql, params })).map(hitOf);
  if (hits.length !== page.length) throw new Error(`the index found ${hits.length} of ${page.length} records again`);
  const sign = order === 'desc' ? -1 : 1;
  return hits.toSorted((a, b) => sign * compareKeys(keyOfHit(a), keyOfHit(b)));
}

/** Where a hit stands in the order of pages. */
export function keyOfHit(hit: Hit): SortKey {
  return { micros: microsFromTimestamp(hit.record.timestamp) ?? 0, block: hit.block, position: hit.position };
}
