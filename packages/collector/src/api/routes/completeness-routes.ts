import { timestampFromMicros } from '@portledger/format';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { principalOf } from '../../auth/authenticate.ts';
import { READERS } from '../../auth/principal.ts';
import type { ObserverAccount, TimeRange } from '../../followers/completeness/completeness-report.ts';
import { widened } from '../../followers/completeness/completeness-report.ts';
import { TIMELINE_SLOTS_DEFAULT, TIMELINE_SLOTS_MAX } from '../../followers/completeness/limits.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import { sendFault } from '../../http/http-fault.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import { parseTime } from '../../query/time-literal.ts';
import type { Services } from '../api-services.ts';
import { TIME } from '../schemas/record-schemas.ts';

const TIME_CHARACTERS_MAX = 64;
const TIME_INPUT = Type.String({ maxLength: TIME_CHARACTERS_MAX });

const ACCOUNT = Type.Object({
  observer: Type.String(),
  signed: Type.Boolean({ description: 'It signs its batches.' }),
  mode: Type.Optional(Type.String({ description: 'How it captures: ebpf, sock-diag, none.' })),
  covers: Type.Optional(Type.String()),
  misses: Type.Optional(Type.String()),
  sessions: Type.Integer({ description: 'Its runs within the range.' }),
  seen: Type.Integer({ description: 'Events that its capture saw, by its own counters.' }),
  delivered: Type.Integer({ description: 'Records of accesses in the ledger.' }),
  notices: Type.Integer({ description: 'Records by which it told of itself.' }),
  lost: Type.Record(Type.String(), Type.Integer(), { description: 'Records lost, by cause.' }),
  lost_total: Type.Integer(),
  holes: Type.Array(Type.Object({ session: Type.String(), from: Type.Integer(), to: Type.Integer(), found: TIME }), {
    description: 'Numbers of its streams that never came: `from` to `to`, `to` excluded.',
  }),
  missing: Type.Integer({ description: 'Records that the holes stand for.' }),
  silences: Type.Array(Type.Object({ from: TIME, to: TIME }), {
    description: 'Nothing was heard for more than three of its heartbeats, though it had not stopped.',
  }),
  silent_ms: Type.Integer(),
  clock_offset_max_us: Type.Integer({ description: "Greatest distance of its clock from the collector's." }),
  chain_breaks: Type.Integer({ description: 'Signed batches that named none before them, but for the first.' }),
  stopped: Type.Boolean({ description: 'It has said that it ended.' }),
  timeline: Type.Array(Type.Object({ delivered: Type.Integer(), silent: Type.Number({ minimum: 0, maximum: 1 }) }), {
    description: 'The range in equal slots: records, and the part of it in which it was silent.',
  }),
});

const SCHEMA = {
  operationId: 'completeness',
  tags: ['observers'],
  summary: 'What each observer saw, delivered, lost and left out',
  description:
    'From the ledger alone. Counts are by event time in steps of five minutes, so the range is widened to them; holes and silences are exact.',
  querystring: Type.Object(
    {
      from: Type.Optional(Type.Intersect([TIME_INPUT], { description: 'now-1d, 2026-11-22, … By default now-1d.' })),
      to: Type.Optional(Type.Intersect([TIME_INPUT], { description: 'By default now.' })),
      observer: Type.Optional(Type.String({ maxLength: 512 })),
      slots: Type.Optional(Type.Integer({ minimum: 1, maximum: TIMELINE_SLOTS_MAX })),
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object({ from: TIME, to: TIME, observers: Type.Array(ACCOUNT) }),
    ...faultResponses(400, 401, 403, 503),
  },
};

function shown(account: ObserverAccount): Static<typeof ACCOUNT> {
  const { observer, isSigned, sessions, seen, delivered, notices, lost, holes, missing, timeline } = account;
  const { mode, covers, misses, silences, silentMicros, clockOffsetMicros, chainBreaks, isStopped } = account;
  return {
    observer,
    signed: isSigned,
    ...(mode === undefined ? {} : { mode }),
    ...(covers === undefined ? {} : { covers }),
    ...(misses === undefined ? {} : { misses }),
    sessions,
    seen,
    delivered,
    notices,
    lost,
    lost_total: Object.values(lost).reduce((sum, count) => sum + count, 0),
    holes: holes.map(({ session, from, to, micros }) => ({ session, from, to, found: timestampFromMicros(micros) })),
    missing,
    silences: silences.map(({ fromMicros, toMicros }) => ({
      from: timestampFromMicros(fromMicros),
      to: timestampFromMicros(toMicros),
    })),
    silent_ms: Math.round(silentMicros / 1_000),
    clock_offset_max_us: clockOffsetMicros,
    chain_breaks: chainBreaks,
    stopped: isStopped,
    timeline: [...timeline],
  };
}

/** The range that was asked for; undefined where it is none. */
function rangeOf(from: string, to: string, nowMicros: number): TimeRange | undefined {
  const [low, high] = [parseTime(from, nowMicros), parseTime(to, nowMicros)];
  if (!low.ok || !high.ok) return undefined;
  const range = { fromMicros: Math.max(0, low.value.low), toMicros: high.value.high };
  return Number.isFinite(range.toMicros) && range.fromMicros < range.toMicros ? widened(range) : undefined;
}

export function registerCompletenessRoutes(server: HttpServer, services: Services): void {
  server.get('/v1/completeness', { config: { access: READERS }, schema: SCHEMA }, async (request, reply) => {
    const { completeness, audit, clock } = services();
    const { from = 'now-1d', to = 'now', observer, slots = TIMELINE_SLOTS_DEFAULT } = request.query;
    const range = rangeOf(from, to, clock());
    if (range === undefined)
      return sendFault(reply, {
        code: 'query-invalid',
        message: 'from and to are times, such as now-1d or 2026-11-22, and from is the earlier.',
      });
    audit.read(principalOf(request), { kind: 'completeness', query: `${from} to ${to} ${observer ?? ''}`.trim() });
    const accounts = await completeness.report({ ...range, slots, ...(observer === undefined ? {} : { observer }) });
    return reply.send({
      from: timestampFromMicros(range.fromMicros),
      to: timestampFromMicros(range.toMicros),
      observers: accounts.map(shown),
    });
  });
}
