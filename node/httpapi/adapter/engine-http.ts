import * as http from 'node:http';

import { ShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import { EngineWire } from './engine-wire.ts';
import type { EngineHttp, EngineRequest } from '../engine-port.ts';
import type { Headers, Response } from '../http.ts';

/**
 * Asks the engine to keep connections open and uses each for one call.
 *
 * An engine that is asked to close answers and closes before the last write of a body, which then fails; a connection that waited for its
 * next call may be closed by the time it comes. (`maxFreeSockets: 0` would mean 256: Node takes zero for unset.)
 */
class OneCallAgent extends http.Agent {
  constructor() {
    super({ keepAlive: true });
  }

  override keepSocketAlive(): false {
    return false;
  }
}

/** One call over the engine's socket. */
export interface EngineCallOptions {
  readonly method: string;
  readonly path: string;
  readonly headers: http.OutgoingHttpHeaders;
  /** True when bytes follow the head. */
  readonly hasBody: boolean;
  readonly signal?: AbortSignal;
}

/** The engine over its unix socket. */
export class EngineSocket implements EngineHttp {
  readonly socketPath: string;
  /** For what is handed on as it comes. */
  readonly wire: EngineWire;
  readonly #oneCall: http.Agent = new OneCallAgent();
  /** Connections that wait for a next call, which must be one that may be made twice: they may be closed by the time it comes. */
  readonly #kept: http.Agent = new http.Agent({
    keepAlive: true,
    maxFreeSockets: limits.apiEngineIdleConnections,
    scheduling: 'lifo',
    timeout: limits.apiEngineIdleMs,
  });
  #apiVersion: string | undefined;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
    this.wire = new EngineWire(socketPath);
  }

  apiVersion(): string | undefined {
    return this.#apiVersion;
  }

  /** Remembers what version the engine names in an answer. */
  noteApiVersion(version: string | string[] | undefined): void {
    if (typeof version === 'string' && /^\d+\.\d+$/.test(version)) this.#apiVersion = version;
  }

  /**
   * Begins a call. What only reads takes a connection that was kept from an earlier call, if there is one.
   * @param afresh takes a new connection in any case: see `mayRepeat`.
   */
  open(call: EngineCallOptions, afresh = false): http.ClientRequest {
    const { hasBody, ...options } = call;
    const mayKeep = !afresh && !hasBody && isReading(call.method);
    const agent = mayKeep ? this.#kept : this.#oneCall;
    return http.request({ socketPath: this.socketPath, agent, maxHeaderSize, ...options });
  }

  request(request: EngineRequest, signal: AbortSignal): Promise<Response> {
    const hasBody = request.body !== undefined;
    const { method, path } = request;
    const call = { method, path, headers: engineHeaders(request), hasBody, signal };
    return this.#ask(call, request.body, false);
  }

  #ask(call: EngineCallOptions, body: Uint8Array | undefined, afresh: boolean): Promise<Response> {
    return new Promise((resolve, reject) => {
      const outgoing = this.open(call, afresh);
      let isAnswered = false;
      outgoing.once('response', (incoming) => {
        isAnswered = true;
        this.noteApiVersion(incoming.headers['api-version']);
        resolve({
          status: incoming.statusCode ?? 502,
          headers: flatHeaders(incoming.headers),
          body: incoming,
        });
      });
      outgoing.on('error', (error) => {
        if (call.signal?.aborted === true) reject(abortReason(call.signal));
        else if (!isAnswered && mayRepeat(outgoing)) resolve(this.#ask(call, body, true));
        else reject(unavailable(error));
      });
      outgoing.end(body);
    });
  }
}

/** Node's default of 16 KB is too little. */
export const maxHeaderSize: number = limits.apiHeadBytes;

/** True for a call that failed before its answer because the engine had closed the connection meanwhile: it is made again, afresh. */
export function mayRepeat(outgoing: http.ClientRequest): boolean {
  return outgoing.reusedSocket;
}

function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** The engine cannot be reached: the failure as every caller sees it. */
function unavailable(cause: unknown): ShoalError {
  return new ShoalError('engineUnavailable', 'the Docker Engine of this node does not answer', {
    cause,
  });
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error
    ? signal.reason
    : new ShoalError('cancelled', 'the request was aborted');
}

function engineHeaders(request: EngineRequest): Record<string, string> {
  const headers: Record<string, string> = { host: 'docker' };
  for (const [name, value] of request.headers) headers[name] = value;
  headers['content-length'] = String(request.body?.length ?? 0);
  return headers;
}

/** Node's headers as one value a name. */
export function flatHeaders(headers: http.IncomingHttpHeaders): Headers {
  const flat = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return flat;
}
