import { getSystemErrorName } from 'node:util';
import type { Address, ByteSink, ByteStream } from '../../../common/ports/net.ts';
import {
  endOfFile,
  type HandleOwner,
  type ShutdownRequest,
  type TcpHandle,
  type TcpHandles,
  type WriteRequest,
} from './tcp-handles.ts';

/** A stream straight over a handle: it queues nothing itself, and asks for a pause as soon as the kernel takes no more. */
export class HandleStream implements ByteStream, HandleOwner {
  readonly #handles: TcpHandles;
  readonly #handle: TcpHandle;
  #sink: ByteSink | undefined;
  #error: Error | undefined;
  #deferredWrites = 0;
  #isReading = false;
  #hasReadAll = false;
  #isEnding = false;
  #hasEnded = false;
  #isClosing = false;
  #isClosed = false;

  /** Takes over a connected handle. Nothing is read before `start`. */
  constructor(handles: TcpHandles, handle: TcpHandle) {
    this.#handles = handles;
    this.#handle = handle;
    handle.owner = this;
    handle.onread = onRead;
  }

  get remote(): Address {
    const peer: { address?: string; port?: number } = {};
    this.#handle.getpeername(peer);
    const host = (peer.address ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    return { kind: 'tcp', host, port: peer.port ?? 0 };
  }

  start(sink: ByteSink): void {
    this.#sink = sink;
    if (this.#isClosed) {
      queueMicrotask(() => {
        sink.closed(this.#error);
      });
      return;
    }
    this.resume();
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isClosing || this.#isEnding) return false;
    const request = new this.#handles.WriteRequest();
    request.owner = this;
    request.oncomplete = onWritten;
    const code = this.#handle.writeBuffer(request, chunk);
    if (code !== 0) {
      this.#fail(code);
      return false;
    }
    if (!this.#handles.wasWriteDeferred()) return this.#deferredWrites === 0;
    request.chunk = chunk;
    this.#deferredWrites += 1;
    return false;
  }

  end(): void {
    if (this.#isClosing || this.#isEnding) return;
    this.#isEnding = true;
    // The end of both directions is what closing says, and cheaper.
    if (this.#hasReadAll && this.#deferredWrites === 0) {
      this.#close();
      return;
    }
    const request = new this.#handles.ShutdownRequest();
    request.owner = this;
    request.oncomplete = onShutdown;
    const code = this.#handle.shutdown(request);
    if (code === 1) this.onShutdown(0);
    else if (code !== 0) this.onShutdown(code);
  }

  pause(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    this.#handle.readStop();
  }

  resume(): void {
    if (this.#isReading || this.#hasReadAll || this.#isClosing || this.#sink === undefined) return;
    this.#isReading = true;
    const code = this.#handle.readStart();
    if (code !== 0) this.#fail(code);
  }

  destroy(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    // What is being shut down cannot be reset any more.
    if (this.#handle.reset(onClosed) !== 0) this.#handle.close(onClosed);
  }

  onRead(buffer: ArrayBuffer | undefined): void {
    if (this.#isClosing) return;
    const count = this.#handles.readCount();
    if (count > 0 && buffer !== undefined) {
      this.#sink?.data(new Uint8Array(buffer, this.#handles.readOffset(), count));
    } else if (count === endOfFile) {
      this.#isReading = false;
      this.#hasReadAll = true;
      this.#sink?.end();
      this.#closeWhenDone();
    } else if (count < 0) this.#fail(count);
  }

  onWritten(status: number): void {
    this.#deferredWrites -= 1;
    if (this.#isClosing) return;
    if (status !== 0) this.#fail(status);
    else if (this.#deferredWrites === 0) this.#sink?.drained();
  }

  onShutdown(status: number): void {
    if (this.#isClosing) return;
    if (status !== 0) {
      this.#fail(status);
      return;
    }
    this.#hasEnded = true;
    this.#closeWhenDone();
  }

  onClosed(): void {
    this.#isClosed = true;
    this.#sink?.closed(this.#error);
  }

  #closeWhenDone(): void {
    if (this.#hasReadAll && this.#hasEnded && !this.#isClosing) this.#close();
  }

  #fail(code: number): void {
    if (this.#isClosing) return;
    const name = getSystemErrorName(code);
    this.#error = Object.assign(new Error(name), { code: name });
    this.#close();
  }

  #close(): void {
    this.#isClosing = true;
    this.#handle.close(onClosed);
  }
}

// One function each for all handles: a closure for each would cost more than all else here.
function onRead(this: TcpHandle, buffer: ArrayBuffer | undefined): void {
  this.owner?.onRead(buffer);
}

function onWritten(this: WriteRequest, status: number): void {
  this.owner?.onWritten(status);
}

function onShutdown(this: ShutdownRequest, status: number): void {
  this.owner?.onShutdown(status);
}

function onClosed(this: TcpHandle): void {
  this.owner?.onClosed();
}
