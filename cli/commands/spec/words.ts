import { usageError } from '../context.ts';

/** Splits a command line into words as a shell would, without running or expanding anything. For `--entrypoint`. */
export function splitWords(flag: string, text: string): readonly string[] {
  const words: string[] = [];
  const pattern = /\s*((?:'[^']*'|"(?:\\[^]|[^"\\])*"|\\[^]|[^\s'"\\])+)|\s+$/y;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null)
      throw usageError(`${flag} "${text}" has a quote or backslash without its end`);
    if (match[1] !== undefined) words.push(unquote(match[1]));
  }
  return words;
}

function unquote(word: string): string {
  return word.replaceAll(
    /'([^']*)'|"((?:\\[^]|[^"\\])*)"|\\([^])/g,
    (_, single: string | undefined, double: string | undefined, escaped: string | undefined) =>
      single ?? double?.replaceAll(/\\(["\\$`\n])/g, '$1') ?? escaped ?? '',
  );
}

/** Reads `key=value` words into an object; a word without `=` has an empty value. The last of a key counts. */
export function parsePairs(
  flag: string,
  words: readonly string[],
): Readonly<Record<string, string>> {
  const pairs = words.map((word) => {
    const equals = word.indexOf('=');
    const key = equals === -1 ? word : word.slice(0, equals);
    if (key === '') throw usageError(`${flag} "${word}" has no key; give KEY=VALUE`);
    return [key, equals === -1 ? '' : word.slice(equals + 1)] as const;
  });
  return Object.fromEntries(pairs);
}

/**
 * Reads `--env` words. `NAME` without `=` takes the value that `variable` gives, and is dropped where there is none, as
 * Docker's client does. The last of a name counts, in the place of the first.
 */
export function parseEnv(
  words: readonly string[],
  variable: (name: string) => string | undefined,
): readonly string[] {
  const values = new Map<string, string>();
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = equals === -1 ? word : word.slice(0, equals);
    if (name === '') throw usageError(`--env "${word}" has no name; give NAME=VALUE`);
    const value = equals === -1 ? variable(name) : word.slice(equals + 1);
    if (value !== undefined) values.set(name, value);
  }
  return [...values].map(([name, value]) => `${name}=${value}`);
}
