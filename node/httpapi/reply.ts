import type { Response } from './http.ts';

const encoder = new TextEncoder();

/** `text` as UTF-8 by the platform's encoder, which is ten times as fast as the pure one: lists are long and asked for often. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

const jsonHeaders: ReadonlyMap<string, string> = new Map([['content-type', 'application/json']]);

/** `value` as JSON; fields that are undefined are left out. */
export function jsonReply(status: number, value: unknown): Response {
  return textReply(status, JSON.stringify(value));
}

/** JSON that is text already. */
export function textReply(status: number, json: string): Response {
  return { status, headers: jsonHeaders, body: encodeText(json) };
}

/** Pieces of JSON, written as they come. */
export function streamReply(
  body: AsyncIterable<Uint8Array>,
  contentType = 'application/json',
): Response {
  return { status: 200, headers: new Map([['content-type', contentType]]), body };
}

export function emptyReply(status: number): Response {
  return { status, headers: new Map(), body: new Uint8Array(0) };
}

export function messageReply(status: number, message: string): Response {
  return jsonReply(status, { message });
}

/** `response` with further headers, which win over those that it has. */
export function withHeaders(
  response: Response,
  headers: Iterable<readonly [string, string]>,
): Response {
  return { ...response, headers: new Map([...response.headers, ...headers]) };
}
