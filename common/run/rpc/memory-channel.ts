import type { Clock } from '../../ports/clock.ts';
import type { PeerIdentity } from '../../ports/identity.ts';
import type {
  CallOptions,
  RpcChannel,
  RpcHandler,
  RpcMethod,
  ServerCall,
} from '../../ports/rpc.ts';
import { isShoalError, ShoalError } from '../../pure/errors.ts';
import { InvariantError } from '../../pure/invariant.ts';
import { limits } from '../../pure/limits.ts';
import { TaskGroup } from '../task-group.ts';
import { MemoryCall } from './memory-call.ts';
import { StreamQueue } from './stream-queue.ts';

/** The way between client and server: where a simulator puts delay, loss and partition. */
export interface RpcLink {
  /**
   * Resolves when a message of `bytes` has arrived: `up` at the server, `down` at the client. A promise that never settles is a
   * partition. Messages of one stream go one after the other.
   * @throws ShoalError `unavailable` when the message is lost with its connection.
   */
  deliver(direction: 'up' | 'down', bytes: number): Promise<void>;
}

/**
 * Answers calls within one process as a server on the network would: every message is encoded and decoded, roles, sizes and
 * deadlines are checked, streams have byte credit.
 */
export class MemoryRpcServer implements AsyncDisposable {
  readonly #handlers: ReadonlyMap<string, RpcHandler>;
  readonly #clock: Clock;
  readonly #group = new TaskGroup();
  readonly #channels = new Set<MemoryRpcChannel>();
  #isClosed = false;

  constructor(handlers: readonly RpcHandler[], clock: Clock) {
    this.#handlers = new Map(handlers.map((handler) => [handler.method.name, handler]));
    this.#clock = clock;
  }

  /** A connection of `peer` to this server, over `link` if one is given. */
  channel(peer: PeerIdentity, link?: RpcLink): MemoryRpcChannel {
    const channel = new MemoryRpcChannel({
      handlers: this.#handlers,
      clock: this.#clock,
      group: this.#group,
      peer,
      link,
      onDisconnect: () => this.#channels.delete(channel),
    });
    if (this.#isClosed) channel.disconnect();
    else this.#channels.add(channel);
    return channel;
  }

  /** Fails all calls as `unavailable`, then waits for their handlers to end. Harmless twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const channel of this.#channels) channel.disconnect();
    await this.#group[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** What a channel has of its server. */
interface Connection {
  readonly handlers: ReadonlyMap<string, RpcHandler>;
  readonly clock: Clock;
  /** Runs handlers and deadlines. */
  readonly group: TaskGroup;
  readonly peer: PeerIdentity;
  readonly link: RpcLink | undefined;
  readonly onDisconnect: () => void;
}

/** Calls one `MemoryRpcServer`. A stream begins when its first message is asked for. */
export class MemoryRpcChannel implements RpcChannel {
  readonly #connection: Connection;
  readonly #calls = new Set<MemoryCall>();
  #isConnected = true;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Breaks the connection: calls in flight and all later ones fail as `unavailable`. Harmless twice. */
  disconnect(): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    for (const call of this.#calls) call.fail(connectionLost(), 'connection is gone');
    this.#connection.onDisconnect();
  }

  async unary<Request, Response>(
    method: RpcMethod<Request, Response>,
    request: Request,
    options: CallOptions,
  ): Promise<Response> {
    const bytes = bounded(method.encodeRequest(request), method.name);
    using open = this.#begin(method.name, options, limits.rpcUnaryMs);
    const answer = new StreamQueue(limits.rpcMessageBytes);
    const inbound: Inbound = { call: open.call, name: method.name, request: bytes };
    this.#serve(inbound, answer, async () => {
      await this.#answer(inbound, answer);
    });
    const reply = await open.call.race(answer.take());
    if (reply === undefined) throw connectionLost();
    return method.decodeResponse(reply);
  }

  async *serverStream<Request, Response>(
    method: RpcMethod<Request, Response>,
    request: Request,
    options: CallOptions,
  ): AsyncGenerator<Response, void, undefined> {
    const bytes = bounded(method.encodeRequest(request), method.name);
    using open = this.#begin(method.name, options, undefined);
    const messages = new StreamQueue(limits.rpcStreamBytes);
    const inbound: Inbound = { call: open.call, name: method.name, request: bytes };
    this.#serve(inbound, messages, async () => {
      await this.#stream(inbound, messages);
    });
    for (;;) {
      const message = await open.call.race(messages.take());
      if (message === undefined) return;
      yield method.decodeResponse(message);
    }
  }

  #begin(method: string, options: CallOptions, defaultDeadlineMs: number | undefined): OpenCall {
    options.signal.throwIfAborted();
    if (!this.#isConnected) throw connectionLost();
    const call = new MemoryCall(options.signal);
    this.#calls.add(call);
    const timer = new AbortController();
    const deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
    if (deadlineMs !== undefined) this.#startDeadline({ call, method, deadlineMs, timer });
    return {
      call,
      [Symbol.dispose]: () => {
        timer.abort();
        call.end();
        this.#calls.delete(call);
      },
    };
  }

  #startDeadline(deadline: Deadline): void {
    const { call, method, deadlineMs, timer } = deadline;
    const { clock, group } = this.#connection;
    group.spawn(`deadline of ${method}`, async () => {
      try {
        await clock.sleep(deadlineMs, timer.signal);
      } catch (error) {
        if (timer.signal.aborted) return;
        throw error;
      }
      const fields = { method, deadlineMs };
      call.fail(new ShoalError('timeout', 'call took too long', { fields }), 'deadline has passed');
    });
  }

  /** Runs the server's half of a call; its failure ends the messages. */
  #serve(inbound: Inbound, messages: StreamQueue, work: () => Promise<void>): void {
    const { call, name } = inbound;
    this.#connection.group.spawn(name, async () => {
      try {
        await work();
        messages.finish(undefined);
      } catch (error) {
        if (call.signal.aborted && error instanceof InvariantError) throw error;
        messages.finish(asReceived(error));
      }
    });
  }

  async #answer(inbound: Inbound, answer: StreamQueue): Promise<void> {
    const { call, name, request } = inbound;
    const handler = await this.#receive(inbound);
    if (handler.kind !== 'unary') throw notImplemented(name);
    const response = await handler.handle(
      handler.method.decodeRequest(request),
      this.#serverCall(call),
    );
    await this.#send(call, bounded(handler.method.encodeResponse(response), name), answer);
  }

  async #stream(inbound: Inbound, messages: StreamQueue): Promise<void> {
    const { call, name, request } = inbound;
    const handler = await this.#receive(inbound);
    if (handler.kind !== 'serverStream') throw notImplemented(name);
    const input = handler.method.decodeRequest(request);
    for await (const message of handler.handle(input, this.#serverCall(call))) {
      const bytes = bounded(handler.method.encodeResponse(message), name);
      await call.race(messages.room(bytes.length));
      await this.#send(call, bytes, messages);
    }
  }

  /** @throws when the call has ended already: its handler must not begin. */
  #serverCall(call: MemoryCall): ServerCall {
    call.signal.throwIfAborted();
    return { peer: this.#connection.peer, signal: call.signal };
  }

  /** Waits for the request to arrive; gives the handler, if this peer may call it. */
  async #receive({ call, name, request }: Inbound): Promise<RpcHandler> {
    const { handlers, link, peer } = this.#connection;
    if (link !== undefined) await call.race(link.deliver('up', request.length));
    const handler = handlers.get(name);
    if (handler === undefined) throw notImplemented(name);
    const { roles } = handler.method;
    if (!roles.includes('anyone') && !roles.includes(peer.role)) {
      throw new ShoalError('permissionDenied', 'role may not call this method', {
        fields: { method: name, role: peer.role },
      });
    }
    return handler;
  }

  /** Waits for `bytes` to arrive at the client. */
  async #send(call: MemoryCall, bytes: Uint8Array, messages: StreamQueue): Promise<void> {
    const { link } = this.#connection;
    if (link !== undefined) await call.race(link.deliver('down', bytes.length));
    messages.push(bytes);
  }
}

interface OpenCall extends Disposable {
  readonly call: MemoryCall;
}

/** One request as it comes to the server. */
interface Inbound {
  readonly call: MemoryCall;
  readonly name: string;
  readonly request: Uint8Array;
}

interface Deadline {
  readonly call: MemoryCall;
  readonly method: string;
  readonly deadlineMs: number;
  /** Its abort stops the timer. */
  readonly timer: AbortController;
}

function bounded(bytes: Uint8Array, method: string): Uint8Array {
  if (bytes.length <= limits.rpcMessageBytes) return bytes;
  throw new ShoalError('limitExceeded', 'message is too large', {
    fields: { method, bytes: bytes.length, maxBytes: limits.rpcMessageBytes },
  });
}

/** An expected failure as the wire would carry it: without its cause. A bug stays what it is. */
function asReceived(error: unknown): unknown {
  if (!isShoalError(error)) return error ?? new InvariantError('a handler threw undefined');
  return new ShoalError(error.code, error.message, { fields: error.fields });
}

function connectionLost(): ShoalError {
  return new ShoalError('unavailable', 'connection is gone');
}

function notImplemented(method: string): ShoalError {
  return new ShoalError('notImplemented', 'server has no such method', { fields: { method } });
}
