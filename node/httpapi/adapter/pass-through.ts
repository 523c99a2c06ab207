import type * as http from 'node:http';

import type { EngineSocket } from './engine-http.ts';
import { mayRepeat } from './engine-http.ts';
import { isReadOnly, passReading } from './pass-reading.ts';
import { hasBody, requestHeaders } from './request-headers.ts';
import { endToEnd, pairs } from './raw-headers.ts';
import { refuse } from './refuse.ts';

/** Hands one request to the engine as it came, and the answer back, streams included. */
export function passThrough(
  engine: EngineSocket,
  path: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  if (isReadOnly(request)) {
    passReading(engine, path, request, response);
    return;
  }
  const call = {
    method: request.method ?? 'GET',
    path,
    headers: requestHeaders(request),
    hasBody: hasBody(request),
  };
  let outgoing = engine.open(call);
  const ask = (): void => {
    const asked = outgoing;
    let isAnswered = false;
    asked.once('response', (incoming) => {
      isAnswered = true;
      relayResponse(engine, incoming, response);
    });
    asked.on('error', (error) => {
      // An engine that refuses an upload early answers and closes: its answer counts, not the broken upload.
      if (isAnswered || response.destroyed) return;
      if (!mayRepeat(asked)) {
        refuse(response, error);
        return;
      }
      outgoing = engine.open(call, true);
      ask();
    });
    sendBody(request, asked);
  };
  ask();
  response.once('close', () => {
    outgoing.destroy();
  });
}

/** A POST without a length must not become chunked: the engine answers 400 to a body that it did not expect. */
function sendBody(request: http.IncomingMessage, outgoing: http.ClientRequest): void {
  if (!hasBody(request)) {
    outgoing.end();
    return;
  }
  request.pipe(outgoing, { end: false });
  request.once('end', () => {
    addTrailers(outgoing, request);
    outgoing.end();
  });
  // A client that reads only after it has sent all would wait for ever when the engine has had enough.
  outgoing.once('close', () => {
    request.unpipe(outgoing);
    request.resume();
  });
}

function addTrailers(outgoing: http.OutgoingMessage, incoming: http.IncomingMessage): void {
  const trailers = pairs(incoming.rawTrailers);
  if (trailers.length > 0) outgoing.addTrailers(trailers);
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
  if (!writeHead(incoming, response)) {
    incoming.destroy();
    response.destroy();
    return;
  }
  flushSoon(incoming, response);
  incoming.on('error', () => {
    response.destroy();
  });
  incoming.pipe(response, { end: false });
  incoming.once('end', () => {
    addTrailers(response, incoming);
    response.end();
  });
}

/** False for a head that cannot be an answer, such as one with status 99. */
function writeHead(incoming: http.IncomingMessage, response: http.ServerResponse): boolean {
  const headers = endToEnd(incoming.headers, incoming.rawHeaders);
  const status = incoming.statusCode ?? 502;
  // What has no body has no trailers; Node throws on a promise of some.
  if (response.req.method === 'HEAD' || status === 204 || status === 304) delete headers['trailer'];
  response.sendDate = false;
  try {
    response.writeHead(status, incoming.statusMessage ?? '', headers);
    return true;
  } catch {
    return false;
  }
}

/** The head goes out at once, with what is there of the body: the answer to /wait has a head long before its body. */
function flushSoon(incoming: http.IncomingMessage, response: http.ServerResponse): void {
  let isFlushed = false;
  incoming.once('data', () => {
    isFlushed = true;
  });
  incoming.once('end', () => {
    isFlushed = true;
  });
  setImmediate(() => {
    if (!isFlushed && !response.destroyed) response.flushHeaders();
  });
}
