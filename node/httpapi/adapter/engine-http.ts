import * as http from 'node:http';

import { ShoalError } from '../../../common/pure/errors.ts';
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

/** The engine over its unix socket. */
export class EngineSocket implements EngineHttp {
  readonly agent: http.Agent;
  readonly socketPath: string;
  #apiVersion: string | undefined;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
    this.agent = new OneCallAgent();
  }

  apiVersion(): string | undefined {
    return this.#apiVersion;
  }

  /** Remembers what version the engine names in an answer. */
  noteApiVersion(version: string | string[] | undefined): void {
    if (typeof version === 'string' && /^\d+\.\d+$/.test(version)) this.#apiVersion = version;
  }

  request(request: EngineRequest, signal: AbortSignal): Promise<Response> {
    return new Promise((resolve, reject) => {
      const outgoing = http.request({
        socketPath: this.socketPath,
        agent: this.agent,
        method: request.method,
        path: request.path,
        headers: engineHeaders(request),
        maxHeaderSize,
        signal,
      });
      outgoing.once('response', (incoming) => {
        this.noteApiVersion(incoming.headers['api-version']);
        resolve({
          status: incoming.statusCode ?? 502,
          headers: flatHeaders(incoming.headers),
          body: incoming,
        });
      });
      outgoing.on('error', (error) => {
        reject(signal.aborted ? abortReason(signal) : unavailable(error));
      });
      outgoing.end(request.body);
    });
  }
}

/** Registry configurations in headers reach 20 KB; Node's default of 16 KB refuses them. */
export const maxHeaderSize: number = 1024 * 1024;

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
