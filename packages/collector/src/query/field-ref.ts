import { nearest } from '@portledger/format';
import { QueryFaultError } from './scanner.ts';
import { EITHER_SIDE, SEARCH_FIELD_BY_NAME, type SearchField } from './search-field.ts';

/** What stands before the colon: a field, or a label by its name. */
export type FieldRef = SearchField | { readonly kind: 'label'; readonly name: string };

const LABEL_PREFIX = 'labels.';

/** The fields that a name stands for: two for `ip`, `port` and `host`, otherwise one. Throws QueryFaultError if none. */
export function fieldRefs(name: string, position: number): readonly FieldRef[] {
  if (name.startsWith(LABEL_PREFIX) && name.length > LABEL_PREFIX.length) {
    return [{ kind: 'label', name: name.slice(LABEL_PREFIX.length) }];
  }
  const names = EITHER_SIDE.get(name) ?? [name];
  return names.map((single) => {
    const field = SEARCH_FIELD_BY_NAME.get(single);
    if (field === undefined) throw unknownField(name, position);
    return field;
  });
}

function unknownField(name: string, position: number): QueryFaultError {
  const message = name === '' ? 'A field name is missing before the colon' : `There is no field “${name}”`;
  const near = nearest(name, [...SEARCH_FIELD_BY_NAME.keys(), ...EITHER_SIDE.keys()]);
  const hint =
    near === undefined
      ? 'Labels are written labels.NAME:value; a text with a colon goes in quotes.'
      : `Did you mean “${near}”?`;
  return new QueryFaultError('unknown-field', position, message, hint);
}
