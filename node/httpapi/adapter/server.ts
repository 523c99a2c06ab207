import * as fs from 'node:fs/promises';
import * as http from 'node:http';
import * as net from 'node:net';
import type { Duplex } from 'node:stream';

import { isShoalError, ShoalError } from '../../../common/pure/errors.ts';
import { InvariantError } from '../../../common/pure/invariant.ts';
import type { Log } from '../../../common/ports/log.ts';
import type { Caller, Handler, Request, Response } from '../http.ts';
import { messageReply } from '../reply.ts';
import { isClusterPath } from '../router.ts';
import { requestTarget } from '../target.ts';
import type { EngineSocket } from './engine-http.ts';
import { flatHeaders, maxHeaderSize } from './engine-http.ts';
import { isHijack, passHijack } from './pass-hijack.ts';
import { passThrough } from './pass-through.ts';
import { isUpload, letGoOfUploads, passUpload } from './pass-upload.ts';
import { passUpgrade } from './pass-upgrade.ts';
import { answerRaw } from './raw-answer.ts';

/** What the API listener is made of. */
export interface ApiServerParts {
  readonly handler: Handler;
  readonly engine: EngineSocket;
  readonly log: Log;
  /** A fresh trace id for each request. */
  readonly traceId: () => string;
}

/** The Docker API on a unix socket: thin, so that all behaviour is in the handlers. */
export class ApiServer implements AsyncDisposable {
  readonly #parts: ApiServerParts;
  readonly #server: http.Server;
  readonly #sockets = new Set<net.Socket>();
  #path: string | undefined;

  constructor(parts: ApiServerParts) {
    this.#parts = parts;
    this.#server = http.createServer({
      maxHeaderSize,
      insecureHTTPParser: false,
      requireHostHeader: false,
    });
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 65_000;
    this.#server.on('request', (request, response) => void this.#serve(request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket, head);
    });
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const status = statusOfParseError[error.code ?? ''] ?? 400;
      answerRaw(socket, status, `the request is not valid HTTP: ${error.message}`);
    });
    this.#server.on('connection', (socket: net.Socket) => {
      this.#sockets.add(socket);
      letGoOfUploads(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /**
   * Listens on the unix socket at `path`, mode 0660. A socket left by a daemon that is gone is replaced.
   * @throws ShoalError `dataRootInUse` when somebody answers there.
   */
  async listen(path: string): Promise<void> {
    await removeStaleSocket(path);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    await fs.chmod(path, 0o660);
    this.#path = path;
  }

  /** Stops listening, waits up to `graceMs` for requests in flight, then drops what is left. */
  async close(graceMs: number): Promise<void> {
    if (this.#path === undefined) return;
    this.#path = undefined;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close(0);
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => {
      // After an answer in full there is nobody left who waits.
      if (!response.writableFinished) gone.abort(new ShoalError('cancelled', 'the client is gone'));
    });
    const caller = this.#caller();
    try {
      if (!isOriginForm(request.url)) {
        await writeResponse(badTarget, request, response);
        return;
      }
      const answer = await this.#parts.handler(portRequest(request, gone.signal), caller);
      if (response.destroyed) return;
      if (answer !== undefined) await writeResponse(answer, request, response);
      else this.#pass(request, response);
    } catch (error) {
      this.#fail(error, caller, response);
    }
  }

  #pass(request: http.IncomingMessage, response: http.ServerResponse): void {
    const pass = isHijack(request) ? passHijack : passThrough;
    pass(this.#parts.engine, request.url ?? '/', request, response);
  }

  /** What an answer broke off for is only logged; what is a bug, and no expected failure, is passed on after it was answered. */
  #fail(error: unknown, caller: Caller, response: http.ServerResponse): void {
    if (response.destroyed && isShoalError(error)) return;
    const level = isShoalError(error) ? 'warn' : 'error';
    this.#parts.log.at(level, 'request failed', { traceId: caller.traceId, error });
    answerFailure(response);
    if (error instanceof InvariantError) throw error;
  }

  #upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = request.url ?? '/';
    // From here on the socket is nobody's but ours: an error without a listener would end the process.
    socket.on('error', () => socket.destroy());
    // The engine may be a swarm of its own: what is the cluster's never reaches it, in whatever clothes.
    if (!isOriginForm(url) || isClusterPath(requestTarget(url).path)) {
      answerRaw(socket, 400, 'the connection cannot be upgraded for this path');
      return;
    }
    const pass = isUpload(request) ? passUpload : passUpgrade;
    pass(this.#parts.engine, url, request, socket, head);
  }

  /** Who may open the socket is the operator's business (mode and group); all who can are one user. */
  #caller(): Caller {
    return {
      actor: { kind: 'user', name: 'local' },
      peer: undefined,
      traceId: this.#parts.traceId(),
    };
  }
}

const badTarget: Response = messageReply(400, 'the request target must be a path');

/** What Node's parser says with the error instead of with its answer. */
const statusOfParseError: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/** A path and a query; anything else would be read differently by the engine than here. */
function isOriginForm(url: string | undefined): boolean {
  return url?.startsWith('/') ?? false;
}

function answerFailure(response: http.ServerResponse): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({ message: 'internal error; the daemon log has the details' });
  response.writeHead(500, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function portRequest(request: http.IncomingMessage, signal: AbortSignal): Request {
  const target = requestTarget(request.url ?? '/');
  return {
    method: request.method ?? 'GET',
    ...target,
    headers: flatHeaders(request.headers),
    // A handler that stops reading must still be able to answer.
    body: request.iterator({ destroyOnReturn: false }),
    signal,
  };
}

async function writeResponse(
  answer: Response,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const headers: Record<string, string> = Object.fromEntries(answer.headers);
  if (answer.body instanceof Uint8Array) {
    headers['content-length'] = String(answer.body.length);
    response.writeHead(answer.status, headers);
    response.end(request.method === 'HEAD' ? undefined : answer.body);
    return;
  }
  response.writeHead(answer.status, headers);
  response.flushHeaders();
  await writePieces(answer.body, response);
}

/** Writes pieces as they come, and no faster than the client reads. */
async function writePieces(
  body: AsyncIterable<Uint8Array>,
  response: http.ServerResponse,
): Promise<void> {
  for await (const piece of body) {
    if (response.destroyed) return;
    if (!response.write(piece)) await drained(response);
  }
  response.end();
}

function drained(response: http.ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}

async function removeStaleSocket(path: string): Promise<void> {
  const state = await probe(path);
  if (state === 'answers') {
    throw new ShoalError(
      'dataRootInUse',
      'another process listens on the API socket; stop it or choose another --host',
      {
        fields: { path },
      },
    );
  }
  if (state === 'stale') await fs.rm(path, { force: true });
}

function probe(path: string): Promise<'answers' | 'stale' | 'absent'> {
  return new Promise((resolve) => {
    const socket = net.connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve('answers');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ENOENT' ? 'absent' : 'stale');
    });
  });
}
