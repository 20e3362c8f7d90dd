/** The server's answer did not have the shape this console was built for. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function readObject(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw new ShapeError(`${what}: an object was expected`);
  return value;
}

export function readText(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value !== 'string') throw new ShapeError(`${key}: a string was expected`);
  return value;
}

export function readOptionalText(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === 'string' ? value : undefined;
}

export function readInteger(object: JsonObject, key: string): number {
  const value = object[key];
  if (!Number.isSafeInteger(value) || typeof value !== 'number') {
    throw new ShapeError(`${key}: an integer was expected`);
  }
  return value;
}

export function readOptionalInteger(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

export function readArray<T>(value: unknown, what: string, readItem: (item: unknown) => T): readonly T[] {
  if (!Array.isArray(value)) throw new ShapeError(`${what}: a list was expected`);
  return value.map((item: unknown) => readItem(item));
}
