import type * as http from 'node:http';
import * as net from 'node:net';
import type { Duplex } from 'node:stream';

import type { EngineSocket } from './engine-http.ts';
import { readInto } from './read-into.ts';
import { answerRaw } from './raw-answer.ts';
import { hasBody, requestHead, requestHeaders } from './request-headers.ts';
import { unreachable } from './unreachable.ts';

/** Calls with bodies of any size: archives, images, the contexts of builds. */
const uploadPath =
  /^(?:\/v[0-9.]+)?\/(?:containers\/[^/?]+\/archive|images\/(?:create|load)|build)(?:\?|$)/;

/** True for such a call, when its bytes can go on as they come: nothing is to be said to the client before, and nothing taken out. */
export function isUpload(request: http.IncomingMessage): boolean {
  const { method, httpVersion, headers } = request;
  if (method !== 'PUT' && method !== 'POST') return false;
  if (httpVersion !== '1.1' || headers.upgrade !== undefined || headers.expect !== undefined)
    return false;
  const coding = headers['transfer-encoding'];
  const isPlain = coding === undefined || coding === 'chunked';
  return isPlain && hasBody(request) && uploadPath.test(request.url ?? '');
}

/** What Node's server keeps at a connection; no part of its interface, so each is looked for. */
interface ServerSocket {
  readonly parser?: { onIncoming?: (request: http.IncomingMessage, mayKeep: boolean) => unknown };
  /** The answer that is being written. */
  readonly _httpMessage?: unknown;
}

/**
 * Makes Node's server let go of a connection that begins an upload, as if it asked for an upgrade: the event `upgrade` follows, with the
 * bytes that came after the head. Parsed and framed again, those of a body cost three times as much.
 *
 * A Node without these inner parts takes uploads as it takes other requests.
 */
export function letGoOfUploads(socket: net.Socket): void {
  const inner = socket as ServerSocket;
  const { parser } = inner;
  const onIncoming = parser?.onIncoming;
  if (parser === undefined || typeof onIncoming !== 'function') return;
  parser.onIncoming = (request, mayKeep): unknown => {
    // The answer to an earlier request must go first.
    const isBusy = inner._httpMessage !== null && inner._httpMessage !== undefined;
    if (!isBusy && isUpload(request)) Object.assign(request, { upgrade: true });
    return onIncoming(request, mayKeep);
  };
}

/**
 * Hands an upload to the engine on a connection of its own, and the answer back, both as they come. The engine is asked to close after its
 * answer, which ends the client's connection too: so nobody has to look for the end of either.
 */
export function passUpload(
  engine: EngineSocket,
  path: string,
  request: http.IncomingMessage,
  client: Duplex,
  head: Buffer,
): void {
  const upstream = net.connect({ path: engine.socketPath, allowHalfOpen: true });
  const { 'transfer-encoding': coding } = request.headers;
  const framing = coding === undefined ? {} : { 'transfer-encoding': coding };
  const headers = { ...requestHeaders(request), ...framing, connection: 'close' };
  upstream.write(requestHead(request.method ?? 'POST', path, headers), 'latin1');
  if (head.length > 0) upstream.write(head);
  pour(client, upstream);
  upstream.pipe(client);
  let isAnswered = false;
  upstream.once('data', () => {
    isAnswered = true;
  });
  upstream.on('error', (error) => {
    if (!isAnswered) answerRaw(client, 503, unreachable(error));
  });
  upstream.once('close', () => {
    // An engine that has had enough answers and closes. A client that reads only after it has sent all must be able to.
    client.unpipe(upstream);
    client.resume();
    client.end();
  });
  client.once('close', () => upstream.destroy());
}

const readBytes = 65_536;

/** Sends what comes from `client` on, no faster than `upstream` takes it, and its end. */
function pour(client: Duplex, upstream: net.Socket): void {
  const buffer = Buffer.allocUnsafeSlow(readBytes);
  const take = (length: number): boolean => {
    // What comes after the engine had enough is let go.
    if (!upstream.writable) return true;
    upstream.write(buffer.subarray(0, length), goOn);
    return upstream.writableLength === 0;
  };
  const goOn = (): void => {
    if (upstream.writableLength === 0) client.resume();
  };
  if (!(client instanceof net.Socket) || !readInto(client, buffer, take)) {
    client.pipe(upstream);
    return;
  }
  client.once('end', () => upstream.end());
  client.resume();
}
