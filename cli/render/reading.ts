/** An answer of the API as it came: anything may be missing or of another type. */
export type Json = unknown;

/** The field `name` of an object, or `undefined`. Reads own fields only. */
function field(value: Json, name: string): Json {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** What lies at the end of `path`, or `undefined` as soon as a step is missing. */
export function at(value: Json, ...path: readonly string[]): Json {
  let found = value;
  for (const name of path) found = field(found, name);
  return found;
}

/** A text at the end of `path`; empty if there is none. */
export function textAt(value: Json, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** A finite number at the end of `path`, or `undefined`. */
export function numberAt(value: Json, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
}

/** True only when there is a `true` at the end of `path`. */
export function isTrueAt(value: Json, ...path: readonly string[]): boolean {
  return at(value, ...path) === true;
}

/** The elements at the end of `path`; none if there is no list. */
export function listAt(value: Json, ...path: readonly string[]): readonly Json[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}
