import type * as http from 'node:http';

import { endToEnd } from './raw-headers.ts';

/** True when a body follows the request's head. */
export function hasBody(request: http.IncomingMessage): boolean {
  return (
    request.headers['transfer-encoding'] !== undefined ||
    Number(request.headers['content-length'] ?? 0) > 0
  );
}

/** The headers that the engine is to see. A length is always said, so that Node does not make an empty body chunked. */
export function requestHeaders(request: http.IncomingMessage): http.OutgoingHttpHeaders {
  const headers = endToEnd(request.headers, request.rawHeaders);
  // Answered here, before the body is read.
  delete headers['expect'];
  if (request.headers['transfer-encoding'] !== undefined) delete headers['content-length'];
  else if (headers['content-length'] === undefined) headers['content-length'] = '0';
  return headers;
}

/**
 * Request line and headers, to their empty line. Node's parser has let no line end into a path or a header, and nothing here takes one from
 * elsewhere.
 */
export function requestHead(
  method: string,
  path: string,
  headers: http.OutgoingHttpHeaders,
): string {
  let head = `${method} ${path} HTTP/1.1\r\n`;
  if (headers['host'] === undefined) head += 'host: docker\r\n';
  for (const [name, value] of Object.entries(headers)) {
    if (!Array.isArray(value)) head += `${name}: ${String(value)}\r\n`;
    else for (const one of value) head += `${name}: ${one}\r\n`;
  }
  return `${head}\r\n`;
}
