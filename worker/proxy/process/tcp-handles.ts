import { getSystemErrorName } from 'node:util';

/** A socket as libuv has it. Calls answer 0 or the negative number of a system error. */
export interface TcpHandle {
  /** Whoever is told what happens on this handle. */
  owner: HandleOwner | undefined;
  onread: (this: TcpHandle, buffer: ArrayBuffer | undefined) => void;
  onconnection: (this: TcpHandle, status: number, peer: TcpHandle) => void;
  bind(host: string, port: number): number;
  bind6(host: string, port: number, flags: number): number;
  listen(backlog: number): number;
  connect(request: ConnectRequest, host: string, port: number): number;
  connect6(request: ConnectRequest, host: string, port: number): number;
  setNoDelay(on: boolean): number;
  setKeepAlive(on: boolean, delaySeconds: number): number;
  getsockname(out: { port?: number }): number;
  getpeername(out: { address?: string; port?: number }): number;
  readStart(): number;
  readStop(): number;
  writeBuffer(request: WriteRequest, chunk: Uint8Array): number;
  /** 1 when it is done at once. */
  shutdown(request: ShutdownRequest): number;
  /** Ends the connection by a reset. */
  reset(done: (this: TcpHandle) => void): number;
  close(done?: (this: TcpHandle) => void): void;
}

/** What the callbacks of a handle call. */
export interface HandleOwner {
  onRead(buffer: ArrayBuffer | undefined): void;
  onWritten(status: number): void;
  onShutdown(status: number): void;
  onClosed(): void;
}

export interface ConnectRequest {
  oncomplete: (this: ConnectRequest, status: number) => void;
}

export interface WriteRequest {
  oncomplete: (this: WriteRequest, status: number) => void;
  owner: HandleOwner | undefined;
  /** Held until it is written. */
  chunk: Uint8Array | undefined;
}

export interface ShutdownRequest {
  oncomplete: (this: ShutdownRequest, status: number) => void;
  owner: HandleOwner | undefined;
}

/** What Node's own `net` is built on. */
export interface TcpHandles {
  newHandle(kind: 'server' | 'socket'): TcpHandle;
  readonly ConnectRequest: new () => ConnectRequest;
  readonly WriteRequest: new () => WriteRequest;
  readonly ShutdownRequest: new () => ShutdownRequest;
  /** Bytes that were read, or the number of a system error, at the moment of `onread`. */
  readCount(): number;
  /** Where in its buffer that begins. */
  readOffset(): number;
  /** The last write was not taken by the kernel as a whole: its request completes later. */
  wasWriteDeferred(): boolean;
}

/** What is known of the insides of Node: only versions that this was tested with. */
const knownMajors: readonly string[] = ['24'];
/** `onread` reports the end of what the peer sends by this number. */
export const endOfFile = -4095;

interface TcpBinding {
  readonly TCP: new (kind: number) => TcpHandle;
  readonly TCPConnectWrap: new () => ConnectRequest;
  readonly constants: { readonly SERVER: number; readonly SOCKET: number };
}

interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  readonly ShutdownWrap: new () => ShutdownRequest;
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
  readonly kArrayBufferOffset: number;
  readonly kLastWriteWasAsync: number;
}

/**
 * The sockets of libuv without Node's streams around them, which cost as much CPU a connection as all the rest.
 *
 * They are not part of Node's stable interface. Hence the caller does without them where this answers undefined: in a
 * version of Node that is not known, or one that withholds them.
 */
export function tcpHandles(version: string = process.versions.node): TcpHandles | undefined {
  if (!knownMajors.includes(version.split('.')[0] ?? '')) return undefined;
  if (getSystemErrorName(endOfFile) !== 'EOF') return undefined;
  try {
    return fromBindings(bindingOf('tcp_wrap'), bindingOf('stream_wrap'));
  } catch {
    return undefined;
  }
}

function bindingOf<T>(name: string): T {
  const owner = process as unknown as { binding(name: string): T };
  return owner.binding(name);
}

function fromBindings(tcp: TcpBinding, stream: StreamBinding): TcpHandles {
  const {
    streamBaseState: state,
    kReadBytesOrError,
    kArrayBufferOffset,
    kLastWriteWasAsync,
  } = stream;
  const { SERVER, SOCKET } = tcp.constants;
  return {
    newHandle: (kind) => new tcp.TCP(kind === 'server' ? SERVER : SOCKET),
    ConnectRequest: tcp.TCPConnectWrap,
    WriteRequest: stream.WriteWrap,
    ShutdownRequest: stream.ShutdownWrap,
    readCount: () => state[kReadBytesOrError] ?? 0,
    readOffset: () => state[kArrayBufferOffset] ?? 0,
    wasWriteDeferred: () => state[kLastWriteWasAsync] !== 0,
  };
}
