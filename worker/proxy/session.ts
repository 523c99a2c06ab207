import type { ByteStream } from '../../common/ports/net.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import {
  decodeFromProxy,
  encodeToProxy,
  newProxyDrain,
  newProxyHello,
  newProxyStatsRequest,
  newProxyStop,
  newToProxy,
  type FromProxyMessage,
  type ProxyAcknowledge,
  type ProxyEndpoints,
  type ProxyHello,
  type ProxyStats,
  type ToProxyMessage,
} from '../../proto/gen/node.ts';
import { Channel, proxyProtocol } from './channel.ts';

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** The daemon's side of one connection to a proxy process. */
export class ProxySession {
  readonly #channel: Channel;
  readonly #onAcknowledge: (acknowledge: ProxyAcknowledge) => void;
  readonly #hello = Promise.withResolvers<ProxyHello>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #stats: Waiter<ProxyStats>[] = [];
  readonly #drains = new Map<string, PromiseWithResolvers<boolean>>();
  #isClosed = false;

  constructor(
    stream: ByteStream,
    self: { readonly pid: number; readonly build: string },
    onAcknowledge: (acknowledge: ProxyAcknowledge) => void,
  ) {
    this.#onAcknowledge = onAcknowledge;
    this.#hello.promise.catch(() => undefined);
    this.#channel = new Channel(stream, {
      message: (payload) => {
        this.#receive(decodeFromProxy(payload).message);
      },
      closed: (error) => {
        this.#end(error);
      },
    });
    this.#send({ kind: 'hello', value: newProxyHello({ protocol: proxyProtocol, ...self }) });
  }

  /** The proxy's first word. Rejects with `unavailable` when the connection closes before it. */
  get hello(): Promise<ProxyHello> {
    return this.#hello.promise;
  }

  /** Resolves when the connection is closed, for whatever reason. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  sendEndpoints(value: ProxyEndpoints): void {
    this.#send({ kind: 'endpoints', value });
  }

  sendStop(graceMs: number): void {
    this.#send({ kind: 'stop', value: newProxyStop({ graceMs }) });
  }

  /** @throws ShoalError `unavailable` when the connection closes first, `tooBusy` beyond `limits.proxyRequests`. */
  stats(): Promise<ProxyStats> {
    if (this.#isClosed) return Promise.reject(unavailable(undefined));
    if (this.#stats.length >= limits.proxyRequests) {
      return Promise.reject(new ShoalError('tooBusy', 'too many requests wait for the proxy'));
    }
    const { promise, resolve, reject } = Promise.withResolvers<ProxyStats>();
    this.#stats.push({ resolve, reject });
    this.#send({ kind: 'stats', value: newProxyStatsRequest() });
    return promise;
  }

  /**
   * Resolves with true once no connection to the task is open, with false when this one is closed first.
   * @throws ShoalError `tooBusy` beyond `limits.proxyDrains`.
   */
  drained(taskId: string): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false);
    const asked = this.#drains.get(taskId);
    if (asked !== undefined) return asked.promise;
    if (this.#drains.size >= limits.proxyDrains) {
      return Promise.reject(new ShoalError('tooBusy', 'too many drains wait for the proxy'));
    }
    const drain = Promise.withResolvers<boolean>();
    this.#drains.set(taskId, drain);
    this.#send({ kind: 'drain', value: newProxyDrain({ taskId }) });
    return drain.promise;
  }

  /** Closing twice is harmless. */
  close(): void {
    this.#channel.close();
  }

  #receive(message: FromProxyMessage | undefined): void {
    if (message === undefined) return;
    switch (message.kind) {
      case 'hello':
        this.#hello.resolve(message.value);
        return;
      case 'acknowledge':
        this.#onAcknowledge(message.value);
        return;
      case 'stats':
        this.#stats.shift()?.resolve(message.value);
        return;
      case 'drained':
        this.#drains.get(message.value.taskId)?.resolve(true);
        this.#drains.delete(message.value.taskId);
    }
  }

  #send(message: ToProxyMessage): void {
    this.#channel.send(encodeToProxy(newToProxy({ message })));
  }

  #end(error: Error | undefined): void {
    this.#isClosed = true;
    this.#hello.reject(unavailable(error));
    for (const waiter of this.#stats.splice(0)) waiter.reject(unavailable(error));
    for (const drain of this.#drains.values()) drain.resolve(false);
    this.#drains.clear();
    this.#closed.resolve();
  }
}

function unavailable(cause: unknown): ShoalError {
  return new ShoalError('unavailable', 'proxy closed the connection', { cause });
}
