import { isJsonObject, type JsonValue } from './json-value.ts';

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** RFC 8785 (JCS) of text, whole numbers, lists and objects: members sorted by UTF-16 code units, no spaces. */
export function canonicalJson(value: JsonValue): string {
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = new Map(Object.entries<JsonValue>(value));
  return `{${[...members]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
    .join(',')}}`;
}
