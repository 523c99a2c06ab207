import type * as http from 'node:http';

import { unreachable } from './unreachable.ts';

/** Tells the client that the engine failed, or breaks an answer that has begun. */
export function refuse(response: http.ServerResponse, error: Error): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({ message: unreachable(error) });
  response.writeHead(503, {
    'content-type': 'application/json',
    connection: 'close',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
