import { FIELDS } from '@portledger/format';
import { expect, test } from 'vitest';
import { FIELD_GROUPS } from './field-groups.ts';

test('every field of the record is shown once', () => {
  const shown = FIELD_GROUPS.flatMap((group) => group.fields);
  expect(shown.toSorted()).toEqual(FIELDS.map((field) => field.name).toSorted());
});
