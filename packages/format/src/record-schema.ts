import { FIELDS, type FieldSpec } from './fields.ts';
import type { JsonObject } from './json-value.ts';
import { LABELS_MAX, LABEL_NAME_BYTES_MAX, LABEL_VALUE_BYTES_MAX, LINE_BYTES_MAX } from './limits.ts';

/** Whether a name stands in manifests and so may hold nothing that JSON escapes. */
const ESCAPE_FREE_PATTERN = '^[^"\\\\\\u0000-\\u001f]+$';
const TIMESTAMP_PATTERN =
  '^(19[7-9]\\d|20\\d\\d|21\\d\\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d\\.\\d{6}Z$';

function constraintsOf(field: FieldSpec): JsonObject {
  switch (field.kind) {
    case 'string':
    case 'text':
      return {
        type: 'string',
        minLength: 1,
        maxLength: field.bytesMax,
        ...(field.escapeFree === true ? { pattern: ESCAPE_FREE_PATTERN } : {}),
      };
    case 'ip':
      return { type: 'string', anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }], maxLength: field.bytesMax };
    case 'timestamp':
      return { type: 'string', format: 'date-time', pattern: TIMESTAMP_PATTERN };
    case 'integer':
    case 'port':
      return { type: 'integer', minimum: 0, maximum: field.integerMax };
    case 'enum':
      return { type: 'string', enum: field.values };
    case 'version':
      return { const: 1 };
    case 'labels':
      return {
        type: 'object',
        minProperties: 1,
        maxProperties: LABELS_MAX,
        propertyNames: { minLength: 1, maxLength: LABEL_NAME_BYTES_MAX },
        additionalProperties: { type: 'string', minLength: 1, maxLength: LABEL_VALUE_BYTES_MAX },
      };
    default:
      return field satisfies never;
  }
}

/**
 * The record as JSON Schema (2020-12), made from the field table. A schema can't say all: the bounds of strings count
 * bytes of UTF-8, where `maxLength` counts characters, and addresses, dates and the line as a whole are checked closer.
 */
export function recordJsonSchema(): JsonObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Portledger access record, version 1',
    description: `One access. An absent field means unknown. Lengths count UTF-8 bytes; the canonical line has at most ${LINE_BYTES_MAX}.`,
    type: 'object',
    properties: Object.fromEntries(
      FIELDS.map((field) => [field.name, { description: field.description, ...constraintsOf(field) }]),
    ),
    required: FIELDS.filter((field) => field.required).map((field) => field.name),
    additionalProperties: false,
  };
}
