import { ageText, microsFromTimestamp, timestampFromMicros } from '@portledger/format';
import { Type } from 'typebox';
import { principalOf } from '../../auth/authenticate.ts';
import { ADMIN_ONLY, ANYONE_KNOWN, READERS } from '../../auth/principal.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import { sendFault } from '../../http/http-fault.ts';
import type { HttpFault } from '../../http/http-fault.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import type { Hold } from '../../retention/hold.ts';
import { REASON_CHARACTERS_MAX } from '../../retention/limits.ts';
import type { ClassPlan } from '../../retention/retention-plan.ts';
import type { HoldFault } from '../../retention/retention.ts';
import type { Services } from '../api-services.ts';
import { TIME } from '../schemas/record-schemas.ts';

const FOR_GOOD = 'for-good';
const AGE = Type.String({ description: `An age such as 180d, or \`${FOR_GOOD}\`.` });
const CLASS_NAME = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$', description: 'Retention class.' });
const HOLD_NAME = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' });
const REASON = Type.String({ minLength: 1, maxLength: REASON_CHARACTERS_MAX, description: 'Why; it is recorded.' });
const AMOUNT = Type.Object({ segments: Type.Integer(), records: Type.Integer(), bytes: Type.Integer() });
const SCOPE = {
  class: Type.Optional(CLASS_NAME),
  from: Type.Optional(TIME),
  to: Type.Optional(TIME),
  query: Type.Optional(Type.String({ maxLength: 4_096, description: 'A search: docs/search.md.' })),
};
const HOLD = Type.Object({ name: HOLD_NAME, reason: Type.String(), by: Type.String(), placed: TIME, ...SCOPE });

const POLICY_SCHEMA = {
  operationId: 'retentionPolicy',
  tags: ['retention'],
  summary: 'Which class a record belongs to, and how long classes are kept',
  description: 'Observers keep one numbered stream for each class. The first rule that a record passes decides.',
  response: {
    200: Type.Object({
      classes: Type.Array(Type.Object({ name: CLASS_NAME, age: AGE })),
      rules: Type.Array(
        Type.Object({
          class: CLASS_NAME,
          when: Type.Array(Type.Object({ field: Type.String(), values: Type.Array(Type.String()) })),
        }),
      ),
    }),
    ...faultResponses(401, 403, 503),
  },
};

const PLAN_SCHEMA = {
  operationId: 'retentionPlan',
  tags: ['retention'],
  summary: 'What would be deleted now, class by class',
  response: {
    200: Type.Object({
      classes: Type.Array(
        Type.Object({
          class: CLASS_NAME,
          age: AGE,
          stored: AMOUNT,
          due: AMOUNT,
          held: AMOUNT,
          oldest: Type.Optional(TIME),
          newest: Type.Optional(TIME),
          next_due: Type.Optional(TIME),
        }),
      ),
    }),
    ...faultResponses(401, 403, 503),
  },
};

const APPLY_SCHEMA = {
  operationId: 'applyRetention',
  tags: ['retention'],
  summary: 'Delete what has reached its age',
  description: 'Each deletion is a record in the ledger, under a checkpoint, before the file goes.',
  response: {
    200: Type.Object({
      pruned: AMOUNT,
      files_unlinked: Type.Integer(),
      index_records: Type.Integer(),
      held: AMOUNT,
    }),
    ...faultResponses(401, 403, 503),
  },
};

const HOLDS_SCHEMA = {
  operationId: 'holds',
  tags: ['retention'],
  summary: 'The holds in force',
  response: { 200: Type.Object({ holds: Type.Array(HOLD) }), ...faultResponses(401, 403, 503) },
};

const PLACE_SCHEMA = {
  operationId: 'placeHold',
  tags: ['retention'],
  summary: 'Keep records whatever their age',
  description: 'Records that fit every part that is given. Without any part everything is kept.',
  body: Type.Object({ name: HOLD_NAME, reason: REASON, ...SCOPE }, { additionalProperties: false }),
  response: { 201: HOLD, ...faultResponses(400, 401, 403, 409, 503) },
};

const RELEASE_SCHEMA = {
  operationId: 'releaseHold',
  tags: ['retention'],
  summary: 'Release a hold',
  params: Type.Object({ name: HOLD_NAME }),
  body: Type.Object({ reason: REASON }, { additionalProperties: false }),
  response: { 200: HOLD, ...faultResponses(400, 401, 403, 404, 503) },
};

function ageShown(ageMs: number | undefined): string {
  return ageMs === undefined || ageMs === Infinity ? FOR_GOOD : ageText(ageMs);
}

function planShown({ class: name, ageMs, stored, due, held, ...times }: ClassPlan) {
  const { oldestMicros, newestMicros, nextDueMicros } = times;
  return {
    class: name,
    age: ageShown(ageMs),
    stored,
    due,
    held,
    ...(oldestMicros === undefined ? {} : { oldest: timestampFromMicros(oldestMicros) }),
    ...(newestMicros === undefined ? {} : { newest: timestampFromMicros(newestMicros) }),
    ...(nextDueMicros === undefined ? {} : { next_due: timestampFromMicros(nextDueMicros) }),
  };
}

function holdShown({ fromMicros, toMicros, ...hold }: Hold) {
  return {
    ...hold,
    ...(fromMicros === undefined ? {} : { from: timestampFromMicros(fromMicros) }),
    ...(toMicros === undefined ? {} : { to: timestampFromMicros(toMicros) }),
  };
}

function holdFault({ code, message }: HoldFault): HttpFault {
  switch (code) {
    case 'hold-invalid':
      return { code: 'request-invalid', message };
    case 'hold-exists':
      return { code: 'hold-exists', message };
    case 'hold-unknown':
      return { code: 'hold-not-found', message };
    case 'not-recorded':
      return { code: 'ledger-read-only', message };
    default:
      return code satisfies never;
  }
}

/** Epoch microseconds of a time in a request; undefined where it is none. */
function micros(time: string): number | undefined {
  const exact = microsFromTimestamp(time);
  const epochMs = exact === undefined ? Date.parse(time) : Number.NaN;
  return exact ?? (Number.isNaN(epochMs) ? undefined : epochMs * 1_000);
}

/** Retention: the policy, what would go, deleting it, and holds against that. */
export function registerRetentionRoutes(server: HttpServer, services: Services): void {
  const config = { access: ADMIN_ONLY };
  server.get(
    '/v1/retention/policy',
    { config: { access: ANYONE_KNOWN }, schema: POLICY_SCHEMA },
    async (_request, reply) => {
      const { classes, rules } = services().retention.policy;
      return reply.send({
        classes: classes.map(({ name, ageMs }) => ({ name, age: ageShown(ageMs) })),
        rules: rules.map((rule) => ({
          class: rule.class,
          when: rule.when.map(({ field, values }) => ({ field, values: [...values] })),
        })),
      });
    },
  );

  server.get('/v1/retention/plan', { config: { access: READERS }, schema: PLAN_SCHEMA }, async (_request, reply) => {
    return reply.send({ classes: (await services().retention.plan()).map(planShown) });
  });

  server.post('/v1/retention/apply', { config, schema: APPLY_SCHEMA }, async (request, reply) => {
    const run = await services().retention.apply(principalOf(request).name);
    const { pruned, filesUnlinked, indexRecords, held } = run;
    return reply.send({ pruned, files_unlinked: filesUnlinked, index_records: indexRecords, held });
  });

  registerHoldRoutes(server, services);
}

function registerHoldRoutes(server: HttpServer, services: Services): void {
  const config = { access: ADMIN_ONLY };
  server.get('/v1/holds', { config: { access: READERS }, schema: HOLDS_SCHEMA }, async (_request, reply) => {
    return reply.send({ holds: (await services().retention.holds()).map(holdShown) });
  });

  server.post('/v1/holds', { config, schema: PLACE_SCHEMA }, async (request, reply) => {
    const { from, to, ...hold } = request.body;
    const fromMicros = from === undefined ? undefined : micros(from);
    const toMicros = to === undefined ? undefined : micros(to);
    if ((from !== undefined && fromMicros === undefined) || (to !== undefined && toMicros === undefined)) {
      return sendFault(reply, {
        code: 'request-invalid',
        message: 'from and to are times such as 2026-01-02T03:04:05Z.',
      });
    }
    const times = {
      ...(fromMicros === undefined ? {} : { fromMicros }),
      ...(toMicros === undefined ? {} : { toMicros }),
    };
    const placed = await services().retention.place({ ...hold, ...times }, principalOf(request).name);
    return placed.ok ? reply.code(201).send(holdShown(placed.value)) : sendFault(reply, holdFault(placed.fault));
  });

  server.post('/v1/holds/:name/release', { config, schema: RELEASE_SCHEMA }, async (request, reply) => {
    const released = await services().retention.release(
      request.params.name,
      request.body.reason,
      principalOf(request).name,
    );
    return released.ok ? reply.send(holdShown(released.value)) : sendFault(reply, holdFault(released.fault));
  });
}
