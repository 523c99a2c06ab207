import * as http from 'node:http';

import type { EngineSocket } from './engine-http.ts';
import { maxHeaderSize } from './engine-http.ts';
import { hasBody, requestHeaders } from './request-headers.ts';
import { endToEnd } from './raw-headers.ts';
import { unreachable } from './unreachable.ts';

/** Hands one request to the engine as it came, and the answer back, streams included. */
export function passThrough(
  engine: EngineSocket,
  path: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  const outgoing = http.request({
    socketPath: engine.socketPath,
    agent: engine.agent,
    method: request.method ?? 'GET',
    path,
    headers: requestHeaders(request),
    maxHeaderSize,
  });
  let isAnswered = false;
  outgoing.once('response', (incoming) => {
    isAnswered = true;
    relayResponse(engine, incoming, response);
  });
  outgoing.on('error', (error) => {
    // An engine that refuses an upload early answers and closes: its answer counts, not the broken upload.
    if (!isAnswered) refuse(response, error);
  });
  response.once('close', () => {
    outgoing.destroy();
  });
  sendBody(request, outgoing);
}

/** A POST without a length must not become chunked: the engine answers 400 to a body that it did not expect. */
function sendBody(request: http.IncomingMessage, outgoing: http.ClientRequest): void {
  if (hasBody(request)) request.pipe(outgoing);
  else outgoing.end();
}

/** Hands the engine's answer back as it comes. */
export function relayResponse(
  engine: EngineSocket,
  incoming: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  engine.noteApiVersion(incoming.headers['api-version']);
  if (response.destroyed) {
    incoming.destroy();
    return;
  }
  response.writeHead(incoming.statusCode ?? 502, endToEnd(incoming.headers, incoming.rawHeaders));
  response.flushHeaders();
  incoming.on('error', () => {
    response.destroy();
  });
  incoming.pipe(response);
}

function refuse(response: http.ServerResponse, error: Error): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({ message: unreachable(error) });
  response.writeHead(503, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
