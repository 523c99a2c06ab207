import { hopByHop, neverNamed } from './raw-headers.ts';

/** What says where a body ends: its length, its last chunk, the end of the connection; or there is none. */
export type Framing =
  | { readonly kind: 'none' | 'chunked' | 'close' }
  | { readonly kind: 'length'; readonly length: number };

/** The head of an answer, taken apart. */
export interface AnswerHead {
  readonly status: number;
  readonly reason: string;
  /** What goes on to the client, names and values in turn; its framing is said as it came. */
  readonly headers: readonly string[];
  readonly framing: Framing;
  readonly apiVersion: string | undefined;
  /** True when the connection may serve another call after the body. */
  readonly mayKeep: boolean;
}

interface Field {
  readonly name: string;
  readonly key: string;
  readonly value: string;
}

const statusLine = /^HTTP\/1\.1 ([1-9]\d\d)(?: ([\t\u0020-\u007e\u0080-\u00ff]*))?$/;
const fieldLine = /^([\w!#$%&'*+.^`|~-]+):[\t ]*([\t\u0020-\u007e\u0080-\u00ff]*)$/;

/** True for a line that is a header or a trailer as RFC 9112 has it: not folded, no blank in the name, no control character. */
export function isField(line: string): boolean {
  return fieldLine.test(line);
}

/**
 * Reads the head of an answer, more strictly than HTTP asks for: what two readers could take for two different bodies is no answer.
 * @param text without the empty line at its end
 * @param method of the request, for HEAD has no body
 * @returns undefined for what is none
 */
export function parseAnswerHead(text: string, method: string): AnswerHead | undefined {
  const lines = text.split('\r\n');
  const [, status, reason = ''] = statusLine.exec(lines[0] ?? '') ?? [];
  const fields = readFields(lines);
  if (status === undefined || fields === undefined) return undefined;
  const framing = framingOf(fields, hasNoBody(method, Number(status)));
  if (framing === undefined) return undefined;
  const named = valuesOf(fields, 'connection').flatMap((value) => tokens(value));
  return {
    status: Number(status),
    reason,
    headers: onward(fields, framing, named),
    framing,
    apiVersion: fields.find(({ key }) => key === 'api-version')?.value,
    mayKeep: framing.kind !== 'close' && !named.includes('close'),
  };
}

function readFields(lines: readonly string[]): readonly Field[] | undefined {
  const fields: Field[] = [];
  for (let index = 1; index < lines.length; index += 1) {
    const [, name, value] = fieldLine.exec(lines[index] ?? '') ?? [];
    if (name === undefined || value === undefined) return undefined;
    fields.push({ name, key: name.toLowerCase(), value: value.trimEnd() });
  }
  return fields;
}

function valuesOf(fields: readonly Field[], key: string): readonly string[] {
  return fields.filter((field) => field.key === key).map(({ value }) => value);
}

function tokens(value: string): readonly string[] {
  return value.split(',').map((token) => token.trim().toLowerCase());
}

function hasNoBody(method: string, status: number): boolean {
  return method === 'HEAD' || status < 200 || status === 204 || status === 304;
}

/** @returns undefined for two that contradict, or one that is not understood. */
function framingOf(fields: readonly Field[], isEmpty: boolean): Framing | undefined {
  const codings = valuesOf(fields, 'transfer-encoding');
  const lengths = valuesOf(fields, 'content-length');
  if (codings.length + lengths.length > 1) return undefined;
  const [coding] = codings;
  const [length] = lengths;
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return undefined;
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return undefined;
  if (isEmpty) return { kind: 'none' };
  if (coding !== undefined) return { kind: 'chunked' };
  return length === undefined ? { kind: 'close' } : { kind: 'length', length: Number(length) };
}

function onward(
  fields: readonly Field[],
  framing: Framing,
  named: readonly string[],
): readonly string[] {
  const headers: string[] = [];
  const isChunked = framing.kind === 'chunked';
  for (const { name, key, value } of fields) {
    if (hopByHop.has(key) || (named.includes(key) && !neverNamed.has(key))) continue;
    // Trailers follow chunks alone; Node throws on a promise of any other.
    if (key !== 'trailer' || isChunked) headers.push(name, value);
  }
  if (isChunked) headers.push('Transfer-Encoding', 'chunked');
  return headers;
}
