import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';

import { parseRfc3339 } from '../../../common/pure/rfc3339.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../proto/http/json.ts';
import { definitionsId, mapSchemas, resolved, strictSchema } from './strict-schema.ts';

/** The definitions of the Docker Engine API as Docker publishes them, beside this repository; absent where it was cloned alone. */
const definitionsPath = resolve(
  import.meta.dirname,
  '../../../../shared/reference/docker-engine-api.yaml',
);

/** What is wrong with an answer. */
export interface Problem {
  /** `GET /services/{id}` */
  readonly route: string;
  readonly status: number;
  /** JSON pointer with `*` for every index of a list; empty for the whole. */
  readonly at: string;
  readonly text: string;
}

type Finding = Pick<Problem, 'at' | 'text'>;

interface Parameter {
  readonly name: string;
  /** `query`, `path`, `header` or `body`. */
  readonly in: string;
}

interface Operation {
  readonly route: string;
  readonly path: RegExp;
  /** Names of its parameters in the query. */
  readonly query: readonly string[];
  readonly responses: JsonObject;
}

/** An answer to hold against the definitions. */
export interface Answered {
  readonly method: string;
  /** Without version and query. */
  readonly path: string;
  readonly status: number;
  /** Undefined when the answer was empty. */
  readonly body: JsonValue | undefined;
}

/** Holds answers against the published definitions: all that must be there, nothing that is not defined, and the statuses. */
export class ApiDefinitions {
  readonly #definitions: JsonObject;
  readonly #operations: readonly Operation[];
  readonly #ajv = new Ajv({ allErrors: true, strict: false });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(document: JsonObject) {
    this.#definitions = objectIn(document, 'definitions');
    this.#operations = operationsOf(document);
    const isTime = (text: string): boolean => parseRfc3339(text) !== undefined;
    for (const name of ['date-time', 'dateTime']) this.#ajv.addFormat(name, isTime);
    for (const name of formatsForPeople) this.#ajv.addFormat(name, true);
    const definitions = mapSchemas(this.#definitions, this.#definitions);
    this.#ajv.addSchema({ $id: definitionsId, definitions });
  }

  /** Undefined, with a word on the terminal, where the definitions are not there. */
  static load(): ApiDefinitions | undefined {
    if (existsSync(definitionsPath)) {
      return new ApiDefinitions(parse(readFileSync(definitionsPath, 'utf8')) as JsonObject);
    }
    process.stderr.write(`SKIPPED: the API's definitions are not there: ${definitionsPath}\n`);
    return undefined;
  }

  /** `GET /services/{id}` and the like. */
  get routes(): readonly string[] {
    return this.#operations.map(({ route }) => route);
  }

  /** The route that answers, `GET /services/{id}`; undefined when none is defined. */
  routeOf(method: string, path: string): string | undefined {
    return this.#operationOf(method, path)?.route;
  }

  /** Names of the parameters of a route's query. */
  queryOf(route: string): readonly string[] {
    return this.#operations.find((operation) => operation.route === route)?.query ?? [];
  }

  /** Every field below a definition that holds no further ones, as `TaskTemplate.ContainerSpec.Env`; `*` is any element of a list. */
  leavesOf(name: string): readonly string[] {
    return leavesBelow(objectIn(this.#definitions, name), this.#definitions, []);
  }

  problems({ method, path, status, body }: Answered): readonly Problem[] {
    const operation = this.#operationOf(method, path);
    const route = operation?.route ?? `${method} ${path}`;
    const found = operation === undefined ? [undefinedRoute] : this.#check(operation, status, body);
    return found.map(({ at, text }) => ({ route, status, at, text }));
  }

  #operationOf(method: string, path: string): Operation | undefined {
    return this.#operations.find(
      (candidate) => candidate.route.startsWith(`${method} `) && candidate.path.test(path),
    );
  }

  #check(
    { route, responses }: Operation,
    status: number,
    body: JsonValue | undefined,
  ): readonly Finding[] {
    const response = responses[String(status)];
    if (!isJsonObject(response)) return [{ at: '', text: 'status is not defined' }];
    const schema = response['schema'];
    if (!isJsonObject(schema)) {
      return body === undefined ? [] : [{ at: '', text: 'body is not defined' }];
    }
    // A stream of bytes, which may be none, and may look like anything.
    if (schema['format'] === 'binary') return [];
    const validate = this.#validator(`${route} ${status}`, schema);
    if (validate(body)) return [];
    return (validate.errors ?? []).filter(isCause).map(findingOf);
  }

  #validator(name: string, schema: JsonObject): ValidateFunction {
    const known = this.#compiled.get(name);
    if (known !== undefined) return known;
    const made = this.#ajv.compile(strictSchema(schema, this.#definitions));
    this.#compiled.set(name, made);
    return made;
  }
}

/** Of numbers, the sizes; of texts, what only people read. */
const formatsForPeople = [
  'CIDR',
  'binary',
  'cidr',
  'int',
  'int64',
  'ip-address',
  'json',
  'uint16',
  'uint32',
  'uint64',
  'uint8',
  'uri',
] as const;

const undefinedRoute: Finding = { at: '', text: 'no such route is defined' };

/** What may be null gives an error for the null that it is not, and one that sums up. */
function isCause({ keyword, params }: ErrorObject): boolean {
  return keyword !== 'anyOf' && (params as { readonly type?: string }).type !== 'null';
}

function findingOf({ instancePath, message = '', params }: ErrorObject): Finding {
  const at = instancePath.replaceAll(/\/\d+(?=\/|$)/g, '/*');
  const extra = (params as { readonly additionalProperty?: string }).additionalProperty;
  if (extra === undefined) return { at, text: message };
  return { at: `${at}/${extra}`, text: 'field is not defined' };
}

/** Fixed paths come before those with a name in them. */
function operationsOf(document: JsonObject): readonly Operation[] {
  const operations = Object.entries(objectIn(document, 'paths')).flatMap(([path, methods]) =>
    Object.entries(isJsonObject(methods) ? methods : {}).map(([method, operation]) =>
      operationOf(
        `${method.toUpperCase()} ${path}`,
        path,
        isJsonObject(operation) ? operation : {},
      ),
    ),
  );
  const names = ({ route }: Operation): number => route.split('{').length;
  return operations.sort((left, right) => names(left) - names(right));
}

function operationOf(route: string, path: string, operation: JsonObject): Operation {
  const parameters = (operation['parameters'] ?? []) as unknown as readonly Parameter[];
  const pattern = path.replaceAll('{name}', '.+').replaceAll(/\{[^}]*\}/g, '[^/]+');
  return {
    route,
    path: new RegExp(`^${pattern}$`),
    query: parameters
      .filter((parameter) => parameter.in === 'query')
      .map((parameter) => parameter.name),
    responses: objectIn(operation, 'responses'),
  };
}

function leavesBelow(
  schema: JsonObject,
  definitions: JsonObject,
  steps: readonly string[],
): readonly string[] {
  const { properties, items } = resolved(schema, definitions);
  if (isJsonObject(properties)) {
    return Object.entries(properties).flatMap(([name, inner]) =>
      isJsonObject(inner) ? leavesBelow(inner, definitions, [...steps, name]) : [],
    );
  }
  const isList = isJsonObject(items) && isJsonObject(resolved(items, definitions)['properties']);
  return isList ? leavesBelow(items, definitions, [...steps, '*']) : [steps.join('.')];
}

function objectIn(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  if (!isJsonObject(value)) throw new Error(`the definitions have no ${name}`);
  return value;
}
