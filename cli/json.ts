/** Numbers of fewer digits are always exact. */
const longNumber = /\d{16,}/;

/** What ES2025 says of `JSON.parse` and TypeScript's library does not yet. */
interface SourceText {
  readonly source?: string;
}

interface RawJson {
  rawJSON(text: string): unknown;
}

/**
 * Decodes JSON so that numbers beyond 2^53 survive being encoded again: they become raw values that only
 * `JSON.stringify` understands.
 * @throws SyntaxError if `text` is not JSON.
 */
export function parseJson(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text) as unknown;
  const reviver = (_: string, value: unknown, context?: SourceText): unknown => {
    const isInexact = typeof value === 'number' && !Number.isSafeInteger(value);
    const source = context?.source;
    if (!isInexact || source === undefined || !/^-?\d+$/.test(source)) return value;
    return (JSON as unknown as RawJson).rawJSON(source);
  };
  return JSON.parse(text, reviver) as unknown;
}
