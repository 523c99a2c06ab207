import type { PeerIdentity } from './identity.ts';

/** Roles that may call a method; declared in the .proto, no default. */
export type RpcRole = 'manager' | 'worker' | 'proxy' | 'anyone';

/** One method of a generated service: names, roles and codecs. */
export interface RpcMethod<Request, Response> {
  /** `Dispatcher/heartbeat`. */
  readonly name: string;
  readonly kind: 'unary' | 'serverStream';
  readonly roles: readonly RpcRole[];
  encodeRequest(value: Request): Uint8Array;
  decodeRequest(bytes: Uint8Array): Request;
  encodeResponse(value: Response): Uint8Array;
  decodeResponse(bytes: Uint8Array): Response;
}

/** What a client says beside the request. */
export interface CallOptions {
  /** Ends the call: the unary call rejects, the stream throws, both with the signal's reason. */
  readonly signal: AbortSignal;
  /** Milliseconds after which the call fails with `timeout`; `limits.rpcUnaryMs` when absent, and none for a stream. */
  readonly deadlineMs?: number;
}

/** What a handler knows beside the request. */
export interface ServerCall {
  readonly peer: PeerIdentity;
  /** Aborts when the client is gone, the deadline passed, or the server stops. */
  readonly signal: AbortSignal;
}

/**
 * Carries calls to one server. Failures are `ShoalError`s; `unavailable` when the connection is gone.
 * Streams have byte credit: a reader that does not pull stops the writer at `limits.rpcStreamBytes`.
 */
export interface RpcChannel {
  unary<Request, Response>(
    method: RpcMethod<Request, Response>,
    request: Request,
    options: CallOptions,
  ): Promise<Response>;
  serverStream<Request, Response>(
    method: RpcMethod<Request, Response>,
    request: Request,
    options: CallOptions,
  ): AsyncIterable<Response>;
}

/** A handler bound to its method, as a server registers it. */
export type RpcHandler =
  | {
      readonly kind: 'unary';
      readonly method: RpcMethod<unknown, unknown>;
      handle(request: unknown, call: ServerCall): Promise<unknown>;
    }
  | {
      readonly kind: 'serverStream';
      readonly method: RpcMethod<unknown, unknown>;
      handle(request: unknown, call: ServerCall): AsyncIterable<unknown>;
    };

/** A channel that its owner closes: calls in flight then fail as `unavailable`. */
export interface DialedChannel extends RpcChannel, AsyncDisposable {}

/** Opens channels to managers. */
export interface RpcDialer {
  /**
   * A channel to the cluster services of one manager, which has to prove that it is `nodeId`. Connects when it is used, and again after the
   * connection was lost; a call fails as `unavailable` when there is none within `limits.rpcConnectMs`, with the field `refused` when nothing listens
   * there.
   * @param address host:port
   */
  dial(manager: { readonly nodeId: string; readonly address: string }): DialedChannel;
}
