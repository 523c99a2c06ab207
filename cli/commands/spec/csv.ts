import { usageError } from '../context.ts';

/**
 * Splits `key=value,flag,"key=a,b"` as Docker's long forms are written: a field in double quotes may hold commas, and
 * two quotes in it stand for one. Keys come back in lower case; a field without `=` has the value `undefined`.
 * @param flag named in errors.
 */
export function parseFields(flag: string, text: string): ReadonlyMap<string, string | undefined> {
  const fields = new Map<string, string | undefined>();
  for (const part of splitFields(flag, text)) {
    const equals = part.indexOf('=');
    const key = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (key === '') throw usageError(`${flag} "${text}" has an empty field`);
    if (fields.has(key)) throw usageError(`${flag} "${text}" gives "${key}" twice`);
    fields.set(key, equals === -1 ? undefined : part.slice(equals + 1).trim());
  }
  return fields;
}

function splitFields(flag: string, text: string): readonly string[] {
  const parts: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (let rest = text; ;) {
    pattern.lastIndex = text.length - rest.length;
    const match = pattern.exec(text);
    if (match === null) throw usageError(`${flag} "${text}" has a quote in the wrong place`);
    parts.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') return parts;
    rest = text.slice(pattern.lastIndex);
  }
}
