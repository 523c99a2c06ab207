import { ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** An object on its way out; fields that are undefined are left out. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** Keys with which an object could reach into the prototype of another. */
const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Decodes JSON that a stranger wrote. Of keys that come twice the last one counts, as in the Docker Engine.
 *
 * @throws ShoalError `invalidArgument {syntax}` when `text` is no JSON, nests deeper than `limits.apiJsonDepth` or has a key that could
 *   reach a prototype.
 */
export function parseUntrustedJson(text: string): JsonValue {
  checkDepth(text);
  const value = parse(text);
  checkKeys(value, '');
  return value;
}

/** True for `{…}`; lists are none. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What kind of JSON `value` is, as people call it. */
export function jsonKind(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

/** The last step of `path` below `parent`. */
export function jsonPath(parent: string, step: string | number): string {
  return parent === '' ? String(step) : `${parent}.${step}`;
}

function refuse(syntax: string, cause?: unknown): never {
  throw new ShoalError('invalidArgument', 'text is not acceptable JSON', {
    fields: { syntax },
    cause,
  });
}

/** Texts of the platform's errors hold a piece of what was parsed, which may be secret: only the position is passed on. */
function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const position = /at position (\d+)/.exec(message)?.[1];
    const isCut =
      /^(?:Unexpected end|Unterminated)/.test(message) || position === String(text.length);
    if (isCut) return refuse('unexpected end of JSON input');
    return refuse(
      position === undefined ? 'malformed text' : `malformed text at position ${position}`,
    );
  }
}

/** Counts brackets outside strings, so that no deep text reaches anything recursive. */
function checkDepth(text: string): void {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isInString) {
      if (character === '\\') index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > limits.apiJsonDepth) refuse(`nested deeper than ${limits.apiJsonDepth} levels`);
    } else if (character === '}' || character === ']') depth -= 1;
  }
}

function checkKeys(value: JsonValue, path: string): void {
  if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly JsonValue[]).entries()) {
      checkKeys(item, jsonPath(path, index));
    }
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [key, item] of Object.entries(value)) {
    if (forbiddenKeys.has(key))
      refuse(`key ${key} is not allowed in ${path === '' ? 'the body' : path}`);
    checkKeys(item, jsonPath(path, key));
  }
}

/** What ES2025 says of `JSON.parse` and the library's types do not yet. */
interface SourceText {
  readonly source?: string;
}

interface RawJson {
  rawJSON(text: string): JsonValue;
}

/** Numbers of fewer digits are always exact. */
const longNumber = /\d{16,}/;

/**
 * Decodes an engine's answer so that numbers beyond 2^53 survive being encoded again: they become raw values that only `JSON.stringify`
 * understands.
 * @throws SyntaxError if `text` is not JSON.
 */
export function parseExactJson(text: string): JsonValue {
  if (!longNumber.test(text)) return JSON.parse(text) as JsonValue;
  const reviver = (_: string, value: unknown, context?: SourceText): unknown => {
    const isInexact = typeof value === 'number' && !Number.isSafeInteger(value);
    const source = context?.source;
    if (!isInexact || source === undefined || !/^-?\d+$/.test(source)) return value;
    return (JSON as unknown as RawJson).rawJSON(source);
  };
  return JSON.parse(text, reviver) as JsonValue;
}
