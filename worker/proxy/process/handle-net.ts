import { isIP } from 'node:net';
import { getSystemErrorName } from 'node:util';
import {
  dialByConnect,
  keepAliveMs,
  listenBacklog,
  netError,
} from '../../../common/platform/net.ts';
import type {
  Address,
  ByteStream,
  Connecting,
  ConnectOutcome,
  Net,
  StreamListener,
} from '../../../common/ports/net.ts';
import type { ShoalError } from '../../../common/pure/errors.ts';
import { HandleStream } from './handle-stream.ts';
import type { ConnectRequest, TcpHandle, TcpHandles } from './tcp-handles.ts';

const keepAliveSeconds = keepAliveMs / 1000;

interface TcpAddress {
  readonly kind: 'tcp';
  readonly host: string;
  readonly port: number;
}

/** TCP streams straight over the handles of libuv; whatever is not TCP by number goes through another `Net`. */
export class HandleNet implements Net {
  readonly #handles: TcpHandles;
  readonly #other: Net;

  constructor(handles: TcpHandles, other: Net) {
    this.#handles = handles;
    this.#other = other;
  }

  async listen(address: Address, accept: (stream: ByteStream) => void): Promise<StreamListener> {
    if (!isNumeric(address)) return await this.#other.listen(address, accept);
    const handle = this.#handles.newHandle('server');
    const code = bind(handle, address) || handle.listen(listenBacklog);
    if (code !== 0) {
      handle.close();
      throw errorOf(code, address);
    }
    // Linux hands both on to what is accepted, so that they cost nothing there (tcp(7), socket(7)).
    setOptions(handle);
    handle.onconnection = (status, peer) => {
      // A connection that cannot be accepted (no file descriptor is left) fails alone; the listener stays.
      if (status === 0) accept(new HandleStream(this.#handles, peer));
    };
    return new HandleListener(handle, address);
  }

  async dial(address: Address, signal: AbortSignal): Promise<ByteStream> {
    return await dialByConnect(this, address, signal);
  }

  connect(address: Address, outcome: ConnectOutcome): Connecting {
    if (!isNumeric(address)) return this.#other.connect(address, outcome);
    return new HandleConnecting(this.#handles, address, outcome);
  }
}

/** Not a name, which would have to be looked up. */
function isNumeric(address: Address): address is TcpAddress {
  return address.kind === 'tcp' && (address.host === '' || isIP(address.host) !== 0);
}

function bind(handle: TcpHandle, { host, port }: TcpAddress): number {
  if (host !== '') return isIP(host) === 6 ? handle.bind6(host, port, 0) : handle.bind(host, port);
  // Without IPv6 in the kernel there is nothing to bind but IPv4.
  const code = handle.bind6('::', port, 0);
  const isWithout = code !== 0 && ['EINVAL', 'EAFNOSUPPORT'].includes(getSystemErrorName(code));
  return isWithout ? handle.bind('0.0.0.0', port) : code;
}

function setOptions(handle: TcpHandle): void {
  handle.setNoDelay(true);
  handle.setKeepAlive(true, keepAliveSeconds);
}

function errorOf(code: number, address: Address): ShoalError {
  const name = getSystemErrorName(code);
  return netError(Object.assign(new Error(name), { code: name }), address);
}

class HandleListener implements StreamListener {
  readonly address: Address;
  readonly #handle: TcpHandle;
  #isClosed = false;

  constructor(handle: TcpHandle, { kind, host, port }: TcpAddress) {
    const bound: { port?: number } = {};
    handle.getsockname(bound);
    this.address = { kind, host, port: bound.port ?? port };
    this.#handle = handle;
  }

  close(): Promise<void> {
    if (!this.#isClosed) this.#handle.close();
    this.#isClosed = true;
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

class HandleConnecting implements Connecting {
  readonly #handles: TcpHandles;
  readonly #handle: TcpHandle;
  readonly #address: TcpAddress;
  readonly #outcome: ConnectOutcome;
  #isOver = false;

  constructor(handles: TcpHandles, address: TcpAddress, outcome: ConnectOutcome) {
    this.#handles = handles;
    this.#handle = handles.newHandle('socket');
    this.#address = address;
    this.#outcome = outcome;
    setOptions(this.#handle);
    const request: OwnedConnectRequest = Object.assign(new handles.ConnectRequest(), {
      connecting: this,
    });
    request.oncomplete = onConnected;
    const code = this.#begin(request);
    if (code === 0) return;
    queueMicrotask(() => {
      this.done(code);
    });
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handle.close();
  }

  done(status: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (status === 0) {
      this.#outcome.connected(new HandleStream(this.#handles, this.#handle));
      return;
    }
    this.#handle.close();
    this.#outcome.failed(errorOf(status, this.#address));
  }

  #begin(request: ConnectRequest): number {
    const { host, port } = this.#address;
    if (isIP(host) === 6) return this.#handle.connect6(request, host, port);
    return this.#handle.connect(request, host, port);
  }
}

interface OwnedConnectRequest extends ConnectRequest {
  connecting: HandleConnecting;
}

function onConnected(this: ConnectRequest, status: number): void {
  (this as OwnedConnectRequest).connecting.done(status);
}
