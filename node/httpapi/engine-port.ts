import type { Headers, Response } from './http.ts';

/** A request to the node's own engine. */
export interface EngineRequest {
  readonly method: string;
  /** With the version prefix and query that the engine is to see. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array | undefined;
}

/**
 * The node's own Docker Engine, as the API merges answers with it. Everything that is not merged is spliced by the adapter instead.
 *
 * Failures are `ShoalError`s of code `engineUnavailable`, or the signal's reason.
 */
export interface EngineHttp {
  /** The engine's answer, whatever its status; the body is read by the caller, or its `signal` aborted. */
  request(request: EngineRequest, signal: AbortSignal): Promise<Response>;
  /** The newest API version that the engine speaks, as last heard; undefined before it ever answered. */
  apiVersion(): string | undefined;
}
