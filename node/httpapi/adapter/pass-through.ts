import * as http from 'node:http';
import * as net from 'node:net';
import type { Duplex } from 'node:stream';

import { limits } from '../../../common/pure/limits.ts';
import type { EngineSocket } from './engine-http.ts';
import { maxHeaderSize } from './engine-http.ts';
import { endToEnd, rawHead } from './raw-headers.ts';

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

function hasBody(request: http.IncomingMessage): boolean {
  return (
    request.headers['transfer-encoding'] !== undefined ||
    Number(request.headers['content-length'] ?? 0) > 0
  );
}

function requestHeaders(request: http.IncomingMessage): http.OutgoingHttpHeaders {
  const headers = endToEnd(request.headers, request.rawHeaders);
  // Answered here, before the body is read.
  delete headers['expect'];
  if (request.headers['transfer-encoding'] !== undefined) delete headers['content-length'];
  else if (headers['content-length'] === undefined) headers['content-length'] = '0';
  return headers;
}

function relayResponse(
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

function unreachable(error: Error): string {
  return `the Docker Engine of this node does not answer: ${error.message}`;
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
  const problem = upgradeProblem(request, bodyLength);
  if (problem !== undefined) {
    answerRaw(client, problem.status, problem.message);
    return;
  }
  const outgoing = openUpgrade(engine, path, request);
  let isAnswered = false;
  client.on('error', () => outgoing.destroy());
  client.once('close', () => outgoing.destroy());
  outgoing.on('error', (error) => {
    if (!isAnswered) answerRaw(client, 503, unreachable(error));
  });
  outgoing.once('upgrade', (incoming, upstream, upstreamHead) => {
    isAnswered = true;
    client.write(rawHead(incoming));
    if (upstreamHead.length > 0) client.write(upstreamHead);
    splice(client, upstream);
  });
  outgoing.once('response', (incoming) => {
    isAnswered = true;
    relayRaw(incoming, client);
  });
  sendUpgradeBody({ client, outgoing, head, bodyLength });
}

function upgradeProblem(
  request: http.IncomingMessage,
  bodyLength: number,
): { readonly status: number; readonly message: string } | undefined {
  if (request.headers['transfer-encoding'] !== undefined) {
    return { status: 400, message: 'a request that upgrades cannot have a chunked body' };
  }
  if (bodyLength <= limits.apiBodyBytes) return undefined;
  return { status: 413, message: `request body is larger than ${limits.apiBodyBytes} bytes` };
}

/** Half-open, so that an engine which has said all still hears the rest. */
function openUpgrade(
  engine: EngineSocket,
  path: string,
  request: http.IncomingMessage,
): http.ClientRequest {
  return http.request({
    createConnection: () => net.connect({ path: engine.socketPath, allowHalfOpen: true }),
    method: request.method ?? 'POST',
    path,
    headers: {
      ...requestHeaders(request),
      connection: 'Upgrade',
      upgrade: request.headers.upgrade ?? 'tcp',
    },
    maxHeaderSize,
  });
}

/** An engine that does not upgrade says why: its answer goes back as it is, and ends the connection. */
function relayRaw(incoming: http.IncomingMessage, client: Duplex): void {
  client.write(rawHead(incoming, ['Connection: close']));
  incoming.on('error', () => client.destroy());
  incoming.pipe(client);
}

/** Takes `bodyLength` bytes off the front of the stream for the request, and gives the rest back to it. */
function sendUpgradeBody(parts: {
  client: Duplex;
  outgoing: http.ClientRequest;
  head: Buffer;
  bodyLength: number;
}): void {
  const { client, outgoing, bodyLength } = parts;
  const collected = [parts.head];
  let length = parts.head.length;
  const finish = (): void => {
    const bytes = Buffer.concat(collected);
    if (length > bodyLength) client.unshift(bytes.subarray(bodyLength));
    outgoing.end(bytes.subarray(0, bodyLength));
  };
  if (length >= bodyLength) {
    finish();
    return;
  }
  const onData = (chunk: Buffer): void => {
    collected.push(chunk);
    length += chunk.length;
    if (length < bodyLength) return;
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
  client.once('close', () => upstream.destroy());
  // What was read is still on its way out: end, and let the client close.
  upstream.once('close', () => client.end());
  client.pipe(upstream);
  upstream.pipe(client);
}

/** Answers on a bare socket, and closes it. */
export function answerRaw(client: Duplex, status: number, message: string): void {
  if (client.destroyed || !client.writable) return;
  const body = JSON.stringify({ message });
  const lines = [
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  client.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
