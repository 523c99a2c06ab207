import { ShoalError } from '../../common/pure/errors.ts';
import { isJsonObject, jsonKind, jsonPath, type JsonValue } from './json.ts';

/** Longest piece of a refused value that an error repeats. */
const echoLengthMax = 64;
const uint32Max = 0xffff_ffff;

/**
 * The fields of one JSON object of a request, read as the Docker Engine reads them: names in any case, null as if the field were missing,
 * fields that nobody asks for ignored.
 *
 * Every reader throws ShoalError `invalidArgument {field, expected, found}` when the field is there and of another type. `field` is the
 * path from the body's root, `TaskTemplate.ContainerSpec.Image`.
 */
export class JsonFields {
  readonly path: string;
  readonly #values = new Map<string, JsonValue>();

  constructor(value: JsonValue, path = '') {
    this.path = path;
    if (!isJsonObject(value)) throw wrongType(path, 'object', value);
    for (const [key, item] of Object.entries(value)) this.#values.set(key.toLowerCase(), item);
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  /** Empty when missing. */
  text(name: string): string {
    const value = this.#value(name);
    if (value === undefined) return '';
    return asText(value, this.#pathOf(name));
  }

  /** False when missing. */
  flag(name: string): boolean {
    return this.optionalFlag(name) ?? false;
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.#value(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw wrongType(this.#pathOf(name), 'boolean', value);
  }

  /** A whole number of either sign; 0 when missing. */
  integer(name: string): number {
    return this.optionalInteger(name) ?? 0;
  }

  optionalInteger(name: string): number | undefined {
    const value = this.#value(name);
    return value === undefined ? undefined : asInteger(value, this.#pathOf(name), 'integer');
  }

  /** A whole number, 0 or more; 0 when missing. */
  count(name: string): number {
    return this.optionalCount(name) ?? 0;
  }

  optionalCount(name: string): number | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    const path = this.#pathOf(name);
    const number = asInteger(value, path, 'unsigned integer');
    if (number < 0) throw wrongType(path, 'unsigned integer', value);
    return number;
  }

  /** A whole number in [0, 2^32); 0 when missing. */
  count32(name: string): number {
    const number = this.count(name);
    if (number > uint32Max) throw wrongType(this.#pathOf(name), 'unsigned 32-bit integer', number);
    return number;
  }

  /** Any finite number; 0 when missing. */
  number(name: string): number {
    const value = this.#value(name);
    if (value === undefined) return 0;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw wrongType(this.#pathOf(name), 'finite number', value);
  }

  texts(name: string): string[] {
    const path = this.#pathOf(name);
    return this.#list(name).map((item, index) => asText(item, jsonPath(path, index)));
  }

  textMap(name: string): Map<string, string> {
    const value = this.#value(name);
    if (value === undefined) return new Map();
    const path = this.#pathOf(name);
    if (!isJsonObject(value)) throw wrongType(path, 'object', value);
    const entries = Object.entries(value);
    return new Map(entries.map(([key, item]) => [key, asText(item, jsonPath(path, key))]));
  }

  child(name: string): JsonFields | undefined {
    const value = this.#value(name);
    return value === undefined ? undefined : new JsonFields(value, this.#pathOf(name));
  }

  children(name: string): JsonFields[] {
    const path = this.#pathOf(name);
    return this.#list(name).map((item, index) => new JsonFields(item, jsonPath(path, index)));
  }

  /**
   * One of the words of `table`, `fallback` when missing or empty; without a fallback that is no word either.
   * @param noun what Docker calls it in its text, `RestartCondition`.
   * @throws ShoalError `invalidArgument {field, noun, value}` for another word.
   */
  choice<T>(
    name: string,
    noun: string,
    table: Readonly<Record<string, T>>,
    fallback: T | undefined,
  ): T {
    const word = this.text(name);
    if (word === '' && fallback !== undefined) return fallback;
    const found = Object.hasOwn(table, word) ? table[word] : undefined;
    if (found !== undefined) return found;
    throw new ShoalError('invalidArgument', 'value is not one of those allowed', {
      fields: { field: this.#pathOf(name), noun, value: word.slice(0, echoLengthMax) },
    });
  }

  #pathOf(name: string): string {
    return jsonPath(this.path, name);
  }

  #value(name: string): Exclude<JsonValue, null> | undefined {
    return this.#values.get(name.toLowerCase()) ?? undefined;
  }

  #list(name: string): readonly JsonValue[] {
    const value = this.#value(name);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value as readonly JsonValue[];
    throw wrongType(this.#pathOf(name), 'array', value);
  }
}

function asText(value: JsonValue, path: string): string {
  if (typeof value === 'string') return value;
  throw wrongType(path, 'string', value);
}

function asInteger(value: JsonValue, path: string, expected: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  const isTooLarge = typeof value === 'number' && Number.isInteger(value);
  const bound = ` of at most ${String(Number.MAX_SAFE_INTEGER)}`;
  throw wrongType(path, isTooLarge ? `${expected}${bound}` : expected, value);
}

function wrongType(field: string, expected: string, value: JsonValue): ShoalError {
  const found = typeof value === 'number' ? `number ${value}` : jsonKind(value);
  return new ShoalError('invalidArgument', 'value is of the wrong type', {
    fields: { field, expected, found },
  });
}
