import { microsFromTimestamp } from '@portledger/format';
import type { Result } from '@portledger/format';
import { Type } from 'typebox';
import { principalOf } from '../../auth/authenticate.ts';
import { READERS } from '../../auth/principal.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import { sendFault } from '../../http/http-fault.ts';
import type { HttpFault } from '../../http/http-fault.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import {
  HISTOGRAM_BUCKETS_DEFAULT,
  HISTOGRAM_BUCKETS_MAX,
  SEARCH_LIMIT_DEFAULT,
  SEARCH_LIMIT_MAX,
  TOP_LIMIT_DEFAULT,
  TOP_LIMIT_MAX,
} from '../../limits.ts';
import type { Services } from '../api-services.ts';
import { readQuery, searchFault } from '../query-parameter.ts';
import { QUERY_TEXT, QUERY_TIME } from '../schemas/query-schemas.ts';
import { HIT, TIME } from '../schemas/record-schemas.ts';

const FAULTS = faultResponses(400, 401, 403, 429, 503);
const CONFIG = { access: READERS };

const SEARCH_SCHEMA = {
  operationId: 'search',
  tags: ['search'],
  summary: 'Find records',
  querystring: Type.Object(
    {
      q: QUERY_TEXT,
      limit: Type.Integer({ minimum: 1, maximum: SEARCH_LIMIT_MAX, default: SEARCH_LIMIT_DEFAULT }),
      cursor: Type.Optional(Type.String({ maxLength: 512, description: 'From `next_cursor` of the page before.' })),
      order: Type.Union([Type.Literal('desc'), Type.Literal('asc')], {
        default: 'desc',
        description: 'By time: desc is latest first.',
      }),
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object({
      hits: Type.Array(HIT),
      next_cursor: Type.Optional(Type.String({ description: 'There when more may follow.' })),
    }),
    ...FAULTS,
  },
};

const TOP_SCHEMA = {
  operationId: 'top',
  tags: ['search'],
  summary: 'Count records by the values of a field',
  querystring: Type.Object(
    {
      q: QUERY_TEXT,
      field: Type.String({ minLength: 1, maxLength: 256, description: 'A field of the record, or labels.NAME.' }),
      limit: Type.Integer({ minimum: 1, maximum: TOP_LIMIT_MAX, default: TOP_LIMIT_DEFAULT }),
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object({
      buckets: Type.Array(Type.Object({ value: Type.String(), count: Type.Integer() })),
      other: Type.Integer({ description: 'Records with a value that is not listed.' }),
      total: Type.Integer({ description: 'Records that have the field.' }),
      missing: Type.Integer({ description: 'Records that lack it.' }),
    }),
    ...FAULTS,
  },
};

const HISTOGRAM_SCHEMA = {
  operationId: 'histogram',
  tags: ['search'],
  summary: 'Count records over time',
  querystring: Type.Object(
    {
      q: QUERY_TEXT,
      from: QUERY_TIME,
      to: QUERY_TIME,
      buckets: Type.Integer({ minimum: 1, maximum: HISTOGRAM_BUCKETS_MAX, default: HISTOGRAM_BUCKETS_DEFAULT }),
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object({
      interval_ms: Type.Number(),
      buckets: Type.Array(
        Type.Object({ start: TIME, count: Type.Integer(), by_action: Type.Record(Type.String(), Type.Integer()) }),
      ),
      total: Type.Integer(),
    }),
    ...FAULTS,
  },
};

/** A time parameter as epoch microseconds; any RFC 3339 time with at most nanoseconds. */
function readTime(name: string, text: string | undefined): Result<number | undefined, HttpFault> {
  if (text === undefined) return { ok: true, value: undefined };
  const exact = microsFromTimestamp(text);
  if (exact !== undefined) return { ok: true, value: exact };
  const millis = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(millis)) return { ok: true, value: millis * 1_000 };
  const message = `"${name}" is not an RFC 3339 time.`;
  return { ok: false, fault: { code: 'request-invalid', message, remedy: 'Write it like 2026-11-22T14:36:49Z.' } };
}

function registerSearch(server: HttpServer, services: Services): void {
  server.get('/v1/search', { config: CONFIG, schema: SEARCH_SCHEMA }, async (request, reply) => {
    const { index, queryTurns, audit, clock } = services();
    const { q, limit, cursor, order } = request.query;
    const query = readQuery(q, clock());
    if (!query.ok) return sendFault(reply, query.fault);
    const principal = principalOf(request);
    audit.read(principal, { kind: 'search', query: q ?? '' });
    const page = await queryTurns.run(principal.name, () =>
      index.search({ query: query.value, order, limit, ...(cursor === undefined ? {} : { cursor }) }),
    );
    if (!page.ok) return sendFault(reply, searchFault(page.fault));
    const { hits, nextCursor } = page.value;
    return reply.send({ hits: [...hits], ...(nextCursor === undefined ? {} : { next_cursor: nextCursor }) });
  });
}

function registerTop(server: HttpServer, services: Services): void {
  server.get('/v1/top', { config: CONFIG, schema: TOP_SCHEMA }, async (request, reply) => {
    const { index, queryTurns, audit, clock } = services();
    const { q, field, limit } = request.query;
    const query = readQuery(q, clock());
    if (!query.ok) return sendFault(reply, query.fault);
    const principal = principalOf(request);
    audit.read(principal, { kind: 'top', query: q ?? '', field });
    const list = await queryTurns.run(principal.name, () => index.top({ query: query.value, field, limit }));
    if (!list.ok) return sendFault(reply, searchFault(list.fault));
    const { buckets, other, total, missing } = list.value;
    return reply.send({ buckets: [...buckets], other, total, missing });
  });
}

function registerHistogram(server: HttpServer, services: Services): void {
  server.get('/v1/histogram', { config: CONFIG, schema: HISTOGRAM_SCHEMA }, async (request, reply) => {
    const { index, queryTurns, audit, clock } = services();
    const { q, from, to, buckets } = request.query;
    const query = readQuery(q, clock());
    if (!query.ok) return sendFault(reply, query.fault);
    const fromMicros = readTime('from', from);
    if (!fromMicros.ok) return sendFault(reply, fromMicros.fault);
    const toMicros = readTime('to', to);
    if (!toMicros.ok) return sendFault(reply, toMicros.fault);
    const principal = principalOf(request);
    audit.read(principal, { kind: 'histogram', query: q ?? '' });
    const histogram = await queryTurns.run(principal.name, () =>
      index.histogram({
        query: query.value,
        buckets,
        ...(fromMicros.value === undefined ? {} : { fromMicros: fromMicros.value }),
        ...(toMicros.value === undefined ? {} : { toMicros: toMicros.value }),
      }),
    );
    if (!histogram.ok) return sendFault(reply, searchFault(histogram.fault));
    const { intervalMs, total } = histogram.value;
    return reply.send({
      interval_ms: intervalMs,
      buckets: histogram.value.buckets.map(({ start, count, byAction }) => ({
        start,
        count,
        by_action: { ...byAction },
      })),
      total,
    });
  });
}

/** Search, top list and histogram over the index. */
export function registerSearchRoutes(server: HttpServer, services: Services): void {
  registerSearch(server, services);
  registerTop(server, services);
  registerHistogram(server, services);
}
