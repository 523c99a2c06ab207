import { isJsonObject, type JsonObject, type JsonValue } from '../../../proto/http/json.ts';

/** Under this name all definitions are known to the validator. */
export const definitionsId = 'definitions';

const kept = [
  'enum',
  'format',
  'maxItems',
  'maxLength',
  'maximum',
  'minItems',
  'minLength',
  'minimum',
  'pattern',
  'required',
  'type',
] as const;

/**
 * A schema of Swagger 2.0 as JSON Schema that allows no field without a definition: what is joined by `allOf` becomes one object, and what is
 * `x-nullable` may be null.
 * @param definitions what `$ref` refers to.
 */
export function strictSchema(schema: JsonObject, definitions: JsonObject): JsonObject {
  const plain = plainSchema(schema, definitions);
  return schema['x-nullable'] === true ? { anyOf: [{ type: 'null' }, plain] } : plain;
}

function plainSchema(schema: JsonObject, definitions: JsonObject): JsonObject {
  const name = refName(schema);
  if (name !== undefined) return { $ref: `${definitionsId}#/definitions/${name}` };
  const parts = schema['allOf'];
  if (Array.isArray(parts))
    return strictSchema(joined(parts as readonly JsonValue[], definitions), definitions);
  const strict: Record<string, JsonValue> = {};
  for (const key of kept) {
    const value = schema[key];
    if (value !== undefined) strict[key] = value;
  }
  const { properties, items, additionalProperties } = schema;
  if (isJsonObject(properties)) {
    strict['properties'] = mapSchemas(properties, definitions);
    strict['additionalProperties'] = false;
  }
  if (isJsonObject(items)) strict['items'] = strictSchema(items, definitions);
  if (isJsonObject(additionalProperties)) {
    strict['additionalProperties'] = strictSchema(additionalProperties, definitions);
  }
  return strict;
}

/** The definitions themselves, all strict. */
export function mapSchemas(schemas: JsonObject, definitions: JsonObject): JsonObject {
  const entries = Object.entries(schemas).map(([key, schema]): [string, JsonValue] => [
    key,
    isJsonObject(schema) ? strictSchema(schema, definitions) : {},
  ]);
  return Object.fromEntries(entries);
}

/** Properties and requirements of all `parts` as one object; a single part stands for itself. */
function joined(parts: readonly JsonValue[], definitions: JsonObject): JsonObject {
  const resolvedParts = parts.filter(isJsonObject).map((part) => resolved(part, definitions));
  const [only, second] = resolvedParts;
  if (only !== undefined && second === undefined) return only;
  const properties: Record<string, JsonValue> = {};
  const required: JsonValue[] = [];
  for (const part of resolvedParts) {
    Object.assign(properties, part['properties'] ?? {});
    required.push(...((part['required'] ?? []) as readonly JsonValue[]));
  }
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}) };
}

/** What a schema is when references and joints are followed. */
export function resolved(schema: JsonObject, definitions: JsonObject): JsonObject {
  const name = refName(schema);
  if (name !== undefined) {
    const target = definitions[name];
    return isJsonObject(target) ? resolved(target, definitions) : {};
  }
  const parts = schema['allOf'];
  return Array.isArray(parts) ? joined(parts as readonly JsonValue[], definitions) : schema;
}

/** `X` of `{$ref: '#/definitions/X'}` */
function refName(schema: JsonObject): string | undefined {
  const ref = schema['$ref'];
  return typeof ref === 'string' ? ref.replace('#/definitions/', '') : undefined;
}
