import * as http from 'node:http';
import * as net from 'node:net';
import type { Duplex } from 'node:stream';

import { limits } from '../../../common/pure/limits.ts';
import type { EngineSocket } from './engine-http.ts';
import { maxHeaderSize } from './engine-http.ts';
import { answerRaw } from './raw-answer.ts';
import { rawHead } from './raw-headers.ts';
import { requestHeaders } from './request-headers.ts';
import { splice } from './splice.ts';
import { unreachable } from './unreachable.ts';

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

/** Begins an upgrade at the engine. Half-open, so that an engine which has said all still hears the rest. */
export function openUpgrade(
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
