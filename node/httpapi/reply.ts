import { encodeUtf8 } from '../../common/pure/utf8.ts';
import type { Response } from './http.ts';

const jsonHeaders: ReadonlyMap<string, string> = new Map([['content-type', 'application/json']]);

/** `value` as JSON; fields that are undefined are left out. */
export function jsonReply(status: number, value: unknown): Response {
  return textReply(status, JSON.stringify(value));
}

/** JSON that is text already. */
export function textReply(status: number, json: string): Response {
  return { status, headers: jsonHeaders, body: encodeUtf8(json) };
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

/** `response` with further headers; those that it has win. */
export function withHeaders(
  response: Response,
  headers: Iterable<readonly [string, string]>,
): Response {
  return { ...response, headers: new Map([...headers, ...response.headers]) };
}
