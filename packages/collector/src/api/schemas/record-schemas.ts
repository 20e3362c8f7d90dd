import type { AccessRecord } from '@portledger/format';
import { Type } from 'typebox';

/** The record; its fields are described by the schema of this id, which is generated from the format. */
export const RECORD_SCHEMA_ID = 'AccessRecord';
export const RECORD = Type.Unsafe<AccessRecord>({ $ref: `${RECORD_SCHEMA_ID}#` });

export const BLOCK = Type.Integer({ minimum: 0, description: 'Number of the block: its place in the log.' });
export const POSITION = Type.Integer({ minimum: 0, description: 'Place of the record in its block, from 0.' });
export const RECEIVED = Type.String({ description: 'When the collector accepted it: RFC 3339, UTC, microseconds.' });
export const CLASS = Type.String({ description: 'Retention class.' });
export const TIME = Type.String({ description: 'RFC 3339, UTC.' });

export const HIT = Type.Object(
  { block: BLOCK, position: POSITION, received: RECEIVED, class: CLASS, record: RECORD },
  { description: 'One record with its address.' },
);
