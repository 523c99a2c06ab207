import { ShoalError } from '../../pure/errors.ts';

/**
 * Parses an answer of the engine. Keys named `__proto__` are dropped: a label may have any name, and none may reach a prototype.
 * @throws ShoalError `engineRefused` when `text` is not JSON.
 */
export function parseEngineJson(text: string): unknown {
  try {
    const value: unknown = text.includes('__proto__')
      ? JSON.parse(text, withoutProto)
      : JSON.parse(text);
    return value;
  } catch (error) {
    throw new ShoalError('engineRefused', 'the engine answered with something that is not JSON', {
      cause: error,
    });
  }
}

function withoutProto(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

/** The own member `name` of an object; undefined of anything else. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** A member that should be text; empty when it is not. */
export function textOf(value: unknown, name: string): string {
  const found = member(value, name);
  return typeof found === 'string' ? found : '';
}

/** A member that should be a number; 0 when it is not. */
export function numberOf(value: unknown, name: string): number {
  const found = member(value, name);
  return typeof found === 'number' && Number.isFinite(found) ? found : 0;
}

/** A member that should be an array; empty when it is not. */
export function listOf(value: unknown, name: string): readonly unknown[] {
  const found = member(value, name);
  return Array.isArray(found) ? found : [];
}

/** The strings in a member that should be an array of them. */
export function textsOf(value: unknown, name: string): readonly string[] {
  return listOf(value, name).filter((item) => typeof item === 'string');
}

/** The entries of a member that should be an object, each made by `make`. */
export function mapOf<T>(
  value: unknown,
  name: string,
  make: (item: unknown) => T,
): Readonly<Record<string, T>> {
  const found = member(value, name);
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return {};
  return Object.fromEntries(Object.entries(found).map(([key, item]) => [key, make(item)]));
}

/** A member that should be an object of strings, such as labels. */
export function textMapOf(value: unknown, name: string): Readonly<Record<string, string>> {
  return mapOf(value, name, (item) => (typeof item === 'string' ? item : ''));
}
