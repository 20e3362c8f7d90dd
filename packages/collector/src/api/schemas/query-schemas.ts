import { Type } from 'typebox';
import { QUERY_CHARACTERS_MAX } from '../../limits.ts';

export const QUERY_TEXT = Type.Optional(
  Type.String({ maxLength: QUERY_CHARACTERS_MAX, description: 'Filter (docs/search.md); none finds everything.' }),
);

/** A time in a query string: RFC 3339, or epoch milliseconds. */
export const QUERY_TIME = Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339 time.' }));
