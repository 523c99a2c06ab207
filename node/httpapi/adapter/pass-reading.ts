import type * as http from 'node:http';

import type { AnswerHead } from './answer-head.ts';
import type { EngineSocket } from './engine-http.ts';
import type { AnswerReader, Exchange } from './engine-wire.ts';
import { refuse } from './refuse.ts';
import { hasBody, requestHead, requestHeaders } from './request-headers.ts';

/** True for a call that has no body, changes nothing, and whose client takes chunks. */
export function isReadOnly(request: http.IncomingMessage): boolean {
  const isReading = request.method === 'GET' || request.method === 'HEAD';
  return isReading && request.httpVersion === '1.1' && !hasBody(request);
}

/** Hands such a call to the engine, and the bytes of the answer back as they come. */
export function passReading(
  engine: EngineSocket,
  path: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  const method = request.method ?? 'GET';
  const relay = new Relay(engine, response);
  const head = requestHead(method, path, requestHeaders(request));
  relay.exchange = engine.wire.ask({ method, head, reader: relay });
  response.once('close', () => relay.exchange?.cancel());
}

/**
 * Writes an answer to its client. Node writes the head and knows when the next request of the connection may be answered; the bytes of the
 * body, chunk sizes included, go past it onto the socket.
 */
class Relay implements AnswerReader {
  exchange: Exchange | undefined;
  readonly #engine: EngineSocket;
  readonly #response: http.ServerResponse;
  /** True when the bytes that are being written must not be overwritten yet. */
  #isHeld = false;
  #isLast = false;
  #isBegun = false;

  constructor(engine: EngineSocket, response: http.ServerResponse) {
    this.#engine = engine;
    this.#response = response;
  }

  onHead(head: AnswerHead): void {
    const response = this.#response;
    this.#engine.noteApiVersion(head.apiVersion);
    response.sendDate = false;
    response.writeHead(head.status, head.reason, [...head.headers]);
    // The engine's own chunks go on.
    if (head.framing.kind === 'chunked') response.chunkedEncoding = false;
  }

  onBytes(bytes: Buffer, isLast: boolean): boolean {
    const response = this.#response;
    if (response.destroyed) return true;
    const isFirst = !this.#isBegun;
    this.#isBegun = true;
    if (isLast && (isFirst || bytes.length === 0)) {
      // Head and body in one write.
      response.end(bytes.toString('latin1'), 'latin1');
      return true;
    }
    if (isFirst) response.flushHeaders();
    if (bytes.length === 0) return true;
    const { socket } = response;
    // An earlier request of the connection is still being answered, or the body has Node's chunks.
    if (socket === null || response.chunkedEncoding) return this.#writeCopy(bytes, isLast);
    this.#isLast = isLast;
    socket.write(bytes, this.#onWritten);
    this.#isHeld = socket.writableLength > 0;
    if (!this.#isHeld && isLast) response.end();
    return !this.#isHeld;
  }

  onFailure(error: Error): void {
    refuse(this.#response, error);
  }

  #writeCopy(bytes: Buffer, isLast: boolean): boolean {
    const response = this.#response;
    const isTaken = response.write(Buffer.from(bytes));
    if (isLast) response.end();
    if (isTaken || isLast) return true;
    response.once('drain', () => this.exchange?.resume());
    return false;
  }

  readonly #onWritten = (): void => {
    const { socket, destroyed } = this.#response;
    if (!this.#isHeld || destroyed || (socket?.writableLength ?? 0) > 0) return;
    this.#isHeld = false;
    if (this.#isLast) this.#response.end();
    this.exchange?.resume();
  };
}
