import type * as http from 'node:http';
import type { Duplex } from 'node:stream';

import { limits } from '../../../common/pure/limits.ts';
import type { EngineSocket } from './engine-http.ts';
import { relayResponse } from './pass-through.ts';
import { openUpgrade } from './pass-upgrade.ts';
import { answerRaw } from './raw-answer.ts';
import { splice } from './splice.ts';
import { unreachable } from './unreachable.ts';

const hijackPath = /^(?:\/v[0-9.]+)?\/(?:containers\/[^/?]+\/attach|exec\/[^/?]+\/start)(?:\?|$)/;

/** True for calls whose connection becomes a raw stream even though the client does not ask for an upgrade, as old clients do not. */
export function isHijack(request: http.IncomingMessage): boolean {
  return request.method === 'POST' && hijackPath.test(request.url ?? '');
}

/**
 * Hands such a call to the engine as an upgrade, and the stream back as the endless answer that an old client expects: `200`, then raw bytes
 * in both directions. An engine that answers in full (a detached exec) is relayed like any other.
 */
export function passHijack(
  engine: EngineSocket,
  path: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  const outgoing = openUpgrade(engine, path, request);
  let isAnswered = false;
  outgoing.once('upgrade', (incoming, upstream, head) => {
    isAnswered = true;
    const client = takeSocket(response);
    if (client === undefined) {
      upstream.destroy();
      return;
    }
    client.write(rawStreamHead(incoming));
    if (head.length > 0) client.write(head);
    splice(client, upstream);
  });
  outgoing.once('response', (incoming) => {
    isAnswered = true;
    relayResponse(engine, incoming, response);
  });
  outgoing.on('error', (error) => {
    if (isAnswered || response.socket === null) return;
    answerRaw(response.socket, 503, unreachable(error));
  });
  response.once('close', () => {
    if (!isAnswered) outgoing.destroy();
  });
  sendSmallBody(request, response, outgoing);
}

function rawStreamHead(incoming: http.IncomingMessage): string {
  const type = incoming.headers['content-type'] ?? 'application/vnd.docker.raw-stream';
  return `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n\r\n`;
}

/** The bodies of these calls are a few options. */
function sendSmallBody(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  outgoing: http.ClientRequest,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= limits.apiBodyBytes) return;
    outgoing.destroy();
    response.destroy();
  });
  request.once('end', () => {
    const body = Buffer.concat(chunks);
    outgoing.setHeader('content-length', body.length);
    outgoing.end(body);
  });
}

/**
 * Takes the connection away from Node's HTTP server. Adding a listener for 'readable' makes its parser let go of the handle; its own
 * listeners would answer the raw bytes with errors and a half-close with the end of everything. A test pins this down.
 */
function takeSocket(response: http.ServerResponse): Duplex | undefined {
  const { socket } = response;
  if (socket === null || socket.destroyed) return undefined;
  response.detachSocket(socket);
  const letGo = (): void => undefined;
  socket.on('readable', letGo);
  socket.off('readable', letGo);
  for (const event of ['data', 'end', 'error', 'drain']) socket.removeAllListeners(event);
  socket.setTimeout(0);
  return socket;
}
