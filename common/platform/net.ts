import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type {
  Address,
  ByteSink,
  ByteStream,
  Connecting,
  ConnectOutcome,
  Net,
  StreamListener,
} from '../ports/net.ts';
import { ShoalError } from '../pure/errors.ts';

/** Connections that the kernel may hold for a listener before they are accepted (the kernel's own bound applies too). */
export const listenBacklog = 4096;
/** A peer that vanished without a word is noticed after this and the kernel's probes. */
export const keepAliveMs = 60_000;
/** Nobody but the owner may connect to a new unix socket; who wants more changes the mode afterwards. */
const unixSocketMask = 0o177;

const socketOptions = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: keepAliveMs,
} as const;

/** Byte streams over the sockets of this machine. */
export class NodeNet implements Net {
  /** Unix sockets are made with mode 0600. An accepted stream reads nothing before `start`. */
  async listen(address: Address, accept: (stream: ByteStream) => void): Promise<StreamListener> {
    const server = createServer({ ...socketOptions, pauseOnConnect: true }, (socket) => {
      accept(new SocketStream(socket, address.kind === 'unix' ? address : undefined));
    });
    const listening = Promise.withResolvers<void>();
    server.once('error', listening.reject);
    server.once('listening', listening.resolve);
    bind(server, address);
    try {
      await listening.promise;
    } catch (error) {
      throw netError(error, address);
    }
    server.removeListener('error', listening.reject);
    // A connection that cannot be accepted (no file descriptor is left) fails alone; the listener stays.
    server.on('error', () => undefined);
    return new SocketListener(server, address);
  }

  async dial(address: Address, signal: AbortSignal): Promise<ByteStream> {
    return await dialByConnect(this, address, signal);
  }

  connect(address: Address, outcome: ConnectOutcome): Connecting {
    const target =
      address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
    const socket = createConnection({ ...socketOptions, ...target });
    // Not a byte is read before `start`, so nothing piles up here.
    socket.pause();
    let isOver = false;
    const onError = (error: Error): void => {
      if (isOver) return;
      isOver = true;
      outcome.failed(netError(error, address));
    };
    socket.on('error', onError);
    socket.once('connect', () => {
      isOver = true;
      socket.removeListener('error', onError);
      outcome.connected(new SocketStream(socket, address));
    });
    return {
      cancel: () => {
        if (isOver) return;
        isOver = true;
        socket.destroy();
      },
    };
  }
}

/** `Net.dial` for a network that has `connect`. */
export async function dialByConnect(
  net: Pick<Net, 'connect'>,
  address: Address,
  signal: AbortSignal,
): Promise<ByteStream> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<ByteStream>();
  const connecting = net.connect(address, { connected: resolve, failed: reject });
  const onAbort = (): void => {
    connecting.cancel();
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function bind(server: Server, address: Address): void {
  if (address.kind === 'tcp') {
    const host = address.host === '' ? {} : { host: address.host };
    server.listen({ ...host, port: address.port, backlog: listenBacklog });
    return;
  }
  // The name appears inside this call, so no one meets it with another mode.
  const previousMask = process.umask(unixSocketMask);
  try {
    server.listen({ path: address.path, backlog: listenBacklog });
  } finally {
    process.umask(previousMask);
  }
}

class SocketListener implements StreamListener {
  readonly address: Address;
  readonly #server: Server;

  constructor(server: Server, asked: Address) {
    this.#server = server;
    const bound = server.address();
    this.address =
      asked.kind === 'tcp' && bound !== null && typeof bound === 'object'
        ? { kind: 'tcp', host: asked.host, port: bound.port }
        : asked;
  }

  /** The port is free at once; streams that were accepted live on. */
  close(): Promise<void> {
    if (this.#server.listening) this.#server.close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

class SocketStream implements ByteStream {
  readonly #socket: Socket;
  readonly #known: Address | undefined;
  #sink: ByteSink | undefined;
  #error: Error | undefined;
  #closed = false;

  /** @param known where the stream goes; read from the socket when undefined. */
  constructor(socket: Socket, known: Address | undefined) {
    this.#socket = socket;
    this.#known = known;
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#sink?.closed(this.#error);
    });
  }

  get remote(): Address {
    if (this.#known !== undefined) return this.#known;
    const host = (this.#socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    return { kind: 'tcp', host, port: this.#socket.remotePort ?? 0 };
  }

  start(sink: ByteSink): void {
    this.#sink = sink;
    if (this.#closed) {
      queueMicrotask(() => {
        sink.closed(this.#error);
      });
      return;
    }
    const socket = this.#socket;
    socket.on('data', (chunk: Uint8Array) => {
      sink.data(chunk);
    });
    socket.on('end', () => {
      sink.end();
    });
    socket.on('drain', () => {
      sink.drained();
    });
    socket.resume();
  }

  write(chunk: Uint8Array): boolean {
    return this.#socket.write(chunk);
  }

  end(): void {
    this.#socket.end();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    if (this.#socket.destroyed) return;
    if (this.#known?.kind === 'unix') this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }
}

const messages: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address is already in use',
  EADDRNOTAVAIL: 'address is not one of this machine',
  EACCES: 'permission denied',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host is unreachable',
  ENETUNREACH: 'network is unreachable',
  ENOENT: 'socket does not exist',
  ENOTFOUND: 'host name is not known',
  EMFILE: 'no file descriptor is left',
  ETIMEDOUT: 'connection timed out',
};

/** The `ShoalError` of code `unavailable` for a system error, which names the address. */
export function netError(error: unknown, address: Address): ShoalError {
  const code = codeOf(error);
  const where = address.kind === 'unix' ? address.path : `${address.host}:${String(address.port)}`;
  return new ShoalError('unavailable', messages[code] ?? 'network failure', {
    fields: { address: where, reason: code },
    cause: error,
  });
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
