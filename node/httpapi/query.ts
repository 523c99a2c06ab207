import { ShoalError } from '../../common/pure/errors.ts';
import { parseRfc3339 } from '../../common/pure/rfc3339.ts';
import type { Filters } from '../../common/ports/cluster-api.ts';
import { isJsonObject, type JsonValue, parseUntrustedJson } from '../../proto/http/json.ts';

const falseWords: ReadonlySet<string> = new Set(['', '0', 'no', 'false', 'none']);

/** True unless the parameter is missing or one of the words that Docker takes for no. */
export function flagParameter(query: URLSearchParams, name: string): boolean {
  return !falseWords.has((query.get(name) ?? '').trim().toLowerCase());
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word): [string, boolean] => [word, true]),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False', ''].map((word): [string, boolean] => [word, false]),
]);

/** True or false in the words that Go takes for them; false when missing. @throws ShoalError `invalidArgument` in Docker's words. */
export function booleanParameter(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? '';
  const value = booleans.get(text);
  if (value !== undefined) return value;
  const shown = text.slice(0, 64);
  throw new ShoalError(
    'invalidArgument',
    `invalid value for ${name}: ${shown}: strconv.ParseBool: parsing ${JSON.stringify(shown)}: invalid syntax`,
  );
}

/**
 * The object version in `?version=`, that an update is conditional on.
 * @param kind for Docker's text: `service`, `node`, `swarm`.
 */
export function versionParameter(query: URLSearchParams, kind: string): number {
  const text = query.get('version') ?? '';
  const problem = versionProblem(text);
  if (problem === undefined) return Number(text);
  const quoted = JSON.stringify(text.slice(0, 64));
  throw new ShoalError(
    'invalidArgument',
    `invalid ${kind} version '${text.slice(0, 64)}': strconv.ParseUint: parsing ${quoted}: ${problem}`,
  );
}

function versionProblem(text: string): string | undefined {
  if (!/^\d+$/.test(text)) return 'invalid syntax';
  return Number.isSafeInteger(Number(text)) ? undefined : 'value out of range';
}

/**
 * The `filters` of a list: `{"key": {"value": true}}`, or the older `{"key": ["value"]}`.
 * @param known keys that the list takes.
 * @throws ShoalError `invalidArgument {filter}` for another key, `invalidArgument` for another shape.
 */
export function filtersParameter(query: URLSearchParams, known: ReadonlySet<string>): Filters {
  const text = query.get('filters') ?? '';
  if (text === '') return new Map();
  const value = parseUntrustedJson(text);
  if (!isJsonObject(value)) throw malformedFilters();
  const filters = new Map<string, readonly string[]>();
  for (const [key, given] of Object.entries(value)) {
    if (!known.has(key)) {
      throw new ShoalError('invalidArgument', 'invalid filter', {
        fields: { field: 'filters', filter: key },
      });
    }
    filters.set(key, filterValues(given));
  }
  return filters;
}

function filterValues(given: JsonValue): readonly string[] {
  if (isJsonObject(given)) return Object.keys(given);
  if (!Array.isArray(given)) throw malformedFilters();
  return (given as readonly JsonValue[]).map((item) => {
    if (typeof item !== 'string') throw malformedFilters();
    return item;
  });
}

function malformedFilters(): ShoalError {
  return new ShoalError(
    'invalidArgument',
    'invalid filters: expected an object whose values are objects or lists of strings',
  );
}

/** Holds the values of one filter against words. @throws ShoalError `invalidArgument` in Docker's words. */
export function checkFilterWords(filters: Filters, name: string, words: readonly string[]): void {
  for (const value of filters.get(name) ?? []) {
    if (words.includes(value)) continue;
    throw new ShoalError('invalidArgument', `Invalid ${name} filter: '${value.slice(0, 64)}'`);
  }
}

/** A point in time, in milliseconds since the Unix epoch: seconds with up to nine decimals, or RFC 3339. Undefined when missing. */
export function timeParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? '';
  if (text === '') return undefined;
  const ms = /^\d{1,12}(?:\.\d{1,9})?$/.test(text) ? Number(text) * 1000 : parseRfc3339(text);
  if (ms !== undefined) return ms;
  throw new ShoalError(
    'invalidArgument',
    `${name}: ${JSON.stringify(text.slice(0, 64))} is not a time: expected seconds or RFC 3339`,
  );
}
