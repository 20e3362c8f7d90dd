import { Type } from 'typebox';
import { TIME } from './record-schemas.ts';

const FAULT = Type.Object({ code: Type.String(), message: Type.String(), since: TIME });

/** Who outside of this host has seen the log. */
export const WITNESSES = Type.Object({
  quorum: Type.String({ description: "Name of the policy's quorum." }),
  witnessed: Type.Optional(
    Type.Object(
      {
        size: Type.Integer({ description: 'Blocks.' }),
        time: TIME,
        by: Type.Array(Type.String(), { description: 'Names of the policy.' }),
      },
      { description: 'The newest checkpoint that the quorum cosigned.' },
    ),
  ),
  witnesses: Type.Array(
    Type.Object({
      name: Type.String(),
      key: Type.String({ description: 'Name and id of its key.' }),
      url: Type.String(),
      size: Type.Optional(Type.Integer({ description: 'Blocks under the checkpoint that it cosigned last.' })),
      cosigned: Type.Optional(TIME),
      failures: Type.Integer({ description: 'Requests since the start that gave no cosignature.' }),
      fault: Type.Optional(FAULT),
    }),
  ),
});

/** The time stamp authority. */
export const TIMESTAMPS = Type.Object({
  url: Type.String(),
  last: Type.Optional(
    Type.Object(
      { size: Type.Integer({ description: 'Blocks.' }), time: TIME, authority: Type.String() },
      { description: 'The last stamp since the start.' },
    ),
  ),
  failures: Type.Integer({ description: 'Requests since the start that gave no stamp.' }),
  fault: Type.Optional(FAULT),
});
