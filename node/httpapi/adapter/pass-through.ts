import * as http from 'node:http';
import type { Duplex } from 'node:stream';

import type { EngineSocket } from './engine-http.ts';
import { maxHeaderSize } from './engine-http.ts';

/** Headers that belong to one connection and are never handed on. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

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
  outgoing.once('response', (incoming) => {
    relayResponse(engine, incoming, response);
  });
  outgoing.once('error', (error) => {
    refuse(response, error);
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

function hasBody(request: http.IncomingMessage): boolean {
  return (
    request.headers['transfer-encoding'] !== undefined ||
    Number(request.headers['content-length'] ?? 0) > 0
  );
}

function requestHeaders(request: http.IncomingMessage): http.OutgoingHttpHeaders {
  const headers = endToEnd(request.headers, request.rawHeaders);
  if (request.headers['transfer-encoding'] !== undefined) delete headers['content-length'];
  else if (headers['content-length'] === undefined) headers['content-length'] = '0';
  return headers;
}

function endToEnd(
  parsed: http.IncomingHttpHeaders,
  raw: readonly string[],
): http.OutgoingHttpHeaders {
  const named = new Set(
    (parsed.connection ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  const headers: http.OutgoingHttpHeaders = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    if (hopByHop.has(name) || named.has(name)) continue;
    const before = headers[name];
    const value = raw[index + 1] ?? '';
    headers[name] =
      before === undefined
        ? value
        : [...(Array.isArray(before) ? before : [String(before)]), value];
  }
  return headers;
}

function relayResponse(
  engine: EngineSocket,
  incoming: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  engine.noteApiVersion(incoming.headers['api-version']);
  response.writeHead(incoming.statusCode ?? 502, endToEnd(incoming.headers, incoming.rawHeaders));
  response.flushHeaders();
  incoming.once('error', () => {
    response.destroy();
  });
  incoming.pipe(response);
}

function refuse(response: http.ServerResponse, error: Error): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({
    message: `the Docker Engine of this node does not answer: ${error.message}`,
  });
  response.writeHead(503, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/**
 * Hands an upgrade to the engine and splices both sides, each half-closed by itself.
 *
 * Node leaves what follows the head to us: a request with a length has that many bytes of body first, then comes the stream.
 */
export function passUpgrade(
  engine: EngineSocket,
  path: string,
  request: http.IncomingMessage,
  client: Duplex,
  head: Buffer,
): void {
  const bodyLength = Number(request.headers['content-length'] ?? 0);
  const outgoing = http.request({
    socketPath: engine.socketPath,
    agent: false,
    method: request.method ?? 'POST',
    path,
    headers: {
      ...requestHeaders(request),
      connection: 'Upgrade',
      upgrade: request.headers.upgrade ?? 'tcp',
    },
    maxHeaderSize,
  });
  const dropBoth = (): void => {
    outgoing.destroy();
    client.destroy();
  };
  client.on('error', dropBoth);
  client.once('close', () => {
    outgoing.destroy();
  });
  outgoing.once('error', (error) => {
    answerRaw(client, 503, `the Docker Engine of this node does not answer: ${error.message}`);
  });
  outgoing.once('upgrade', (incoming, upstream, upstreamHead) => {
    client.write(rawHead(incoming));
    if (upstreamHead.length > 0) client.write(upstreamHead);
    splice(client, upstream);
  });
  outgoing.once('response', (incoming) => {
    client.write(rawHead(incoming, ['Connection: close']));
    incoming.pipe(client);
    incoming.once('error', dropBoth);
  });
  sendUpgradeBody({ client, outgoing, head, bodyLength });
}

/** Takes `bodyLength` bytes off the front of the stream for the request, and gives the rest back to it. */
function sendUpgradeBody(parts: {
  client: Duplex;
  outgoing: http.ClientRequest;
  head: Buffer;
  bodyLength: number;
}): void {
  const { client, outgoing, bodyLength } = parts;
  let collected = parts.head;
  const finish = (): void => {
    if (collected.length > bodyLength) client.unshift(collected.subarray(bodyLength));
    outgoing.end(collected.subarray(0, bodyLength));
  };
  if (collected.length >= bodyLength) {
    finish();
    return;
  }
  const onData = (chunk: Buffer): void => {
    collected = Buffer.concat([collected, chunk]);
    if (collected.length < bodyLength) return;
    client.off('data', onData);
    client.pause();
    finish();
  };
  client.on('data', onData);
}

function splice(client: Duplex, upstream: Duplex): void {
  const drop = (): void => {
    client.destroy();
    upstream.destroy();
  };
  upstream.on('error', drop);
  client.on('error', drop);
  client.once('close', () => {
    upstream.destroy();
  });
  upstream.once('close', () => {
    // What was read is still on its way out: end, and let the client close.
    client.end();
  });
  client.pipe(upstream);
  upstream.pipe(client);
}

function rawHead(incoming: http.IncomingMessage, extra: readonly string[] = []): string {
  const lines = [`HTTP/1.1 ${incoming.statusCode ?? 502} ${incoming.statusMessage ?? ''}`];
  const replaced = extra.length > 0;
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    const name = incoming.rawHeaders[index] ?? '';
    if (replaced && ['connection', 'transfer-encoding'].includes(name.toLowerCase())) continue;
    lines.push(`${name}: ${incoming.rawHeaders[index + 1] ?? ''}`);
  }
  return [...lines, ...extra, '', ''].join('\r\n');
}

/** Answers on a bare socket, and closes it. */
export function answerRaw(client: Duplex, status: number, message: string): void {
  if (client.destroyed) return;
  const body = JSON.stringify({ message });
  const reason = http.STATUS_CODES[status] ?? '';
  client.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
