import { FIELDS } from '@portledger/format';
import type { FieldSpec } from '@portledger/format';

function schemaOf(field: FieldSpec): Record<string, unknown> {
  const { description } = field;
  switch (field.kind) {
    case 'string':
    case 'text':
    case 'ip':
    case 'timestamp':
      return { type: 'string', description };
    case 'integer':
    case 'port':
      return { type: 'integer', minimum: 0, maximum: field.integerMax, description };
    case 'version':
      return { type: 'integer', enum: [field.integerMax], description };
    case 'enum':
      return { type: 'string', enum: field.values, description };
    case 'labels':
      return { type: 'object', additionalProperties: { type: 'string' }, description };
    default:
      return field satisfies never;
  }
}

/** The record as the API's answers carry it, in the subset of JSON Schema that also drives their serialisation. */
export function recordJsonSchema(): Record<string, unknown> {
  return {
    type: 'object',
    description: 'One access. Absent fields are unknown.',
    required: FIELDS.filter((field) => field.required).map((field) => field.name),
    properties: Object.fromEntries(FIELDS.map((field) => [field.name, schemaOf(field)])),
  };
}
