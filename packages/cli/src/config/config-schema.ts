import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { ALL_SETTINGS } from './settings.ts';
import type { AnySetting } from './settings.ts';

/** JSON Schema 2020-12 of portledger.yaml, for editors and for checks before a roll-out. */
export function configJsonSchema(): TSchema {
  const schema = section('', ALL_SETTINGS);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'portledger.yaml',
    description: 'Configuration of Portledger. Every key is optional.',
    ...schema,
  };
}

function section(prefix: string, settings: readonly AnySetting[]): TSchema {
  const properties: Record<string, TSchema> = {};
  for (const setting of settings) {
    const [name = '', ...below] = setting.path.slice(prefix.length).split('.');
    if (name in properties) continue;
    const inner = settings.filter((other) => other.path.startsWith(`${prefix}${name}.`));
    properties[name] =
      below.length === 0 ? Type.Optional(setting.schema) : nullable(section(`${prefix}${name}.`, inner));
  }
  return Type.Object(properties, { additionalProperties: false });
}

/** A section whose keys are all commented out is null in YAML. */
function nullable(schema: TSchema): TSchema {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}
