import { Type } from 'typebox';
import type { TSchema } from 'typebox';

/** The one shape of every error. */
const FAULT_SCHEMA = Type.Object(
  {
    error: Type.Object(
      {
        code: Type.String({ description: 'One of the catalogue (docs/reference/errors.md).' }),
        message: Type.String(),
        remedy: Type.Optional(Type.String({ description: 'What can be done about it.' })),
      },
      { additionalProperties: true },
    ),
  },
  { description: 'Why it was refused.' },
);

export type FaultStatus = 400 | 401 | 403 | 404 | 408 | 409 | 410 | 413 | 415 | 429 | 503;

/** The error answers of a route, for its schema. */
export function faultResponses(...statuses: readonly FaultStatus[]): Record<string, TSchema> {
  return Object.fromEntries(statuses.map((status) => [String(status), FAULT_SCHEMA]));
}
