import {
  Client,
  connectivityState,
  Metadata,
  type CallOptions as GrpcCallOptions,
  type ChannelCredentials,
  type ServiceError,
} from '@grpc/grpc-js';
import type { CallOptions, DialedChannel, RpcMethod } from '../../ports/rpc.ts';
import { ShoalError } from '../../pure/errors.ts';
import { limits } from '../../pure/limits.ts';
import { pathOf, callerOptions } from './options.ts';
import { fromStatus } from './wire-errors.ts';

/** Calls of one server. Connects with the first of them, and again after the connection was lost. */
export class GrpcChannel implements DialedChannel {
  readonly #client: Client;
  #isClosed = false;

  /** @param servername what is sent in clear, by which the other side chooses who answers. */
  constructor(address: string, credentials: ChannelCredentials, servername: string) {
    this.#client = new Client(address, credentials, {
      ...callerOptions,
      'grpc.ssl_target_name_override': servername,
    });
  }

  async unary<Request, Response>(
    method: RpcMethod<Request, Response>,
    request: Request,
    options: CallOptions,
  ): Promise<Response> {
    this.#begin(options.signal);
    const bytes = bounded(method, request);
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const call = this.#client.makeUnaryRequest<Uint8Array, Response>(
      pathOf(method.name),
      (value) => Buffer.from(value),
      (answer) => method.decodeResponse(answer),
      bytes,
      new Metadata(),
      callOptions(options.deadlineMs ?? limits.rpcUnaryMs),
      (error, response) => {
        if (error !== null) reject(fromStatus(error));
        else if (response !== undefined) resolve(response);
      },
    );
    using _ = this.#guard(options.signal, (reason) => {
      reject(reason);
      call.cancel();
    });
    return await promise;
  }

  async *serverStream<Request, Response>(
    method: RpcMethod<Request, Response>,
    request: Request,
    options: CallOptions,
  ): AsyncGenerator<Response, void, undefined> {
    this.#begin(options.signal);
    const bytes = bounded(method, request);
    const call = this.#client.makeServerStreamRequest<Uint8Array, Response>(
      pathOf(method.name),
      (value) => Buffer.from(value),
      (answer) => method.decodeResponse(answer),
      bytes,
      new Metadata(),
      callOptions(options.deadlineMs),
    );
    let ended: Error | undefined;
    using _ = this.#guard(options.signal, (reason) => {
      ended = reason;
      call.cancel();
    });
    try {
      for await (const message of call) yield message as Response;
    } catch (error) {
      throw ended ?? fromStatus(error as ServiceError);
    } finally {
      // Whoever reads no more lets go of all that is on its way; what that ends with is nobody's.
      call.on('error', () => undefined);
      call.cancel();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#client.close();
    await Promise.resolve();
  }

  #begin(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.#isClosed) throw new ShoalError('unavailable', 'connection is gone');
  }

  /** Ends a call when `signal` aborts, or when there is no connection in time. */
  #guard(signal: AbortSignal, end: (reason: Error) => void): Disposable {
    const onAbort = (): void => {
      const reason: unknown = signal.reason;
      end(reason instanceof Error ? reason : new Error(String(reason)));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => {
      if (this.#isConnected) return;
      end(new ShoalError('unavailable', 'no connection in time'));
    }, limits.rpcConnectMs);
    return {
      [Symbol.dispose]: () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      },
    };
  }

  get #isConnected(): boolean {
    return (
      !this.#isClosed &&
      this.#client.getChannel().getConnectivityState(false) === connectivityState.READY
    );
  }
}

function callOptions(deadlineMs: number | undefined): GrpcCallOptions {
  return deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
}

function bounded<Request>(method: RpcMethod<Request, unknown>, request: Request): Uint8Array {
  const bytes = method.encodeRequest(request);
  if (bytes.length <= limits.rpcMessageBytes) return bytes;
  throw new ShoalError('limitExceeded', 'message is too large', {
    fields: { method: method.name, bytes: bytes.length, maxBytes: limits.rpcMessageBytes },
  });
}
