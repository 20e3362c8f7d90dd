import { Type } from 'typebox';
import type { Static } from 'typebox';
import type { HeldLines } from '../../ledger/ledger-shapes.ts';
import type { TakenIn } from '../../normalise/take-in.ts';

const REFUSAL = Type.Object(
  {
    line: Type.Integer({
      minimum: 1,
      description: 'Line of the body from 1; in an array, the place of the record from 1.',
    }),
    field: Type.Optional(Type.String({ description: 'Field that is to blame.' })),
    code: Type.String(),
    reason: Type.String(),
  },
  { description: 'One refused record. It is kept in the quarantine.' },
);

const RECEIPT = Type.Object(
  {
    origin: Type.String({ description: 'The log.' }),
    received: Type.String({ description: 'When it was accepted: RFC 3339, UTC, microseconds.' }),
    count: Type.Integer({ description: 'Canonical lines that `lines_sha256` covers: accepted and duplicate ones.' }),
    lines_sha256: Type.String({
      description:
        'SHA-256, hex, over the canonical lines, each ended by a newline, grouped by stream. For a body of canonical lines of one stream it is the SHA-256 of the body.',
    }),
    records: Type.Array(Type.Object({ block: Type.Integer(), position: Type.Integer(), count: Type.Integer() }), {
      description: 'Addresses of the accepted records: `count` of them from `position` of `block` on.',
    }),
    duplicates: Type.Optional(
      Type.Array(
        Type.Object({
          line: Type.Integer({ description: 'Place of the first of them among the lines covered, from 0.' }),
          observer: Type.String(),
          session: Type.String(),
          first_seq: Type.Integer(),
          count: Type.Integer(),
        }),
        {
          description:
            'Lines covered that the ledger held before, by their streams and sequence numbers: they have no address here, but can be found by these.',
        },
      ),
    ),
  },
  { description: 'Keep it: with it the records can be asked for, and their proofs.' },
);

export const RECORDS_ANSWER = Type.Object({
  accepted: Type.Integer({ description: 'Records that are now durable.' }),
  duplicates: Type.Integer({ description: 'Records that were durable before: the same session and sequence number.' }),
  refused: Type.Array(REFUSAL, { description: 'The first 100 refused records.' }),
  refused_total: Type.Integer(),
  received: Type.String(),
  receipt: RECEIPT,
  checkpoint: Type.Optional(
    Type.String({ description: 'The signed tree head (C2SP tlog-checkpoint); told to those who sign their batches.' }),
  ),
});
export type RecordsAnswer = Static<typeof RECORDS_ANSWER>;

function duplicatesOf({ line, observer, session, firstSeq, count }: HeldLines) {
  return { line, observer, session, first_seq: firstSeq, count };
}

export function recordsAnswer(taken: TakenIn, origin: string): RecordsAnswer {
  const { appended } = taken;
  return {
    accepted: appended.accepted,
    duplicates: appended.duplicates,
    refused: [...taken.refusals],
    refused_total: taken.refusedTotal,
    received: appended.received,
    receipt: {
      origin,
      received: appended.received,
      count: appended.accepted + appended.duplicates,
      lines_sha256: taken.linesSha256,
      records: appended.addresses.map(({ block, position, count }) => ({ block, position, count })),
      ...(appended.held.length === 0 ? {} : { duplicates: appended.held.map(duplicatesOf) }),
    },
  };
}
